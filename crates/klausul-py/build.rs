//! Links the module as an extension: on macOS, what Python gives is found when it is loaded.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
