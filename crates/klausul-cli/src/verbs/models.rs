//! `klausul models`.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use klausul_core::{Error, ErrorKind};
use klausul_transformer::{ModelDirectory, PackOptions, pack};
use serde_json::json;

use crate::Ended;
use crate::args::{ModelsVerb, PackArgs};
use crate::model;

pub(crate) fn run(verb: &ModelsVerb) -> Result<Ended> {
    let mut out = std::io::stdout().lock();
    match verb {
        ModelsVerb::List => list(&mut out)?,
        ModelsVerb::Show { model } => show(&mut out, &model::directory(model, None, false, true)?)?,
        ModelsVerb::Pull { model, revision } => {
            let directory = model::directory(model, revision.as_deref(), true, false)?;
            writeln!(out, "{}", directory.name().display())?;
        }
        ModelsVerb::Verify { model } => {
            model::directory(model, None, false, true)?.verify().map_err(model::refused)?;
            writeln!(out, "{model}: every file is as klausul.json says")?;
        }
        ModelsVerb::Pack(args) => small(&mut out, args)?,
    }
    Ok(Ended::Whole)
}

/// The model that ships, then those in the cache: id, version or commit, and directory.
fn list(out: &mut impl Write) -> Result<()> {
    if let Some(shipped) = model::shipped()? {
        let version = shipped.manifest().map_or("", |manifest| manifest.version.as_str());
        writeln!(out, "{}  {version}  in the program", ModelDirectory::SHIPPED)?;
    }
    for (id, model) in model::hub()?.models() {
        writeln!(out, "{id}  {}  {}", model.revision().unwrap_or_default(), model.name().display())?;
    }
    Ok(())
}

fn show(out: &mut impl Write, directory: &ModelDirectory) -> Result<()> {
    let config = directory.config().map_err(model::refused)?;
    let shown = json!({
        "directory": directory.name(),
        "revision": directory.revision(),
        "architecture": format!("{:?}", config.architecture),
        "layers": config.num_hidden_layers,
        "hidden_size": config.hidden_size,
        "heads": config.num_attention_heads,
        "vocabulary": config.vocab_size,
        "max_tokens": config.max_tokens(),
        "manifest": directory.manifest(),
    });
    writeln!(out, "{shown:#}")?;
    Ok(())
}

fn small(out: &mut impl Write, args: &PackArgs) -> Result<()> {
    let source = model::directory(&args.model, None, false, true)?;
    let mut texts = Vec::new();
    for path in args.texts.iter().filter(|path| wanted(path, args.languages.as_deref())) {
        texts.push(std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?);
    }
    for code in args.languages.iter().flatten() {
        if !args.texts.iter().any(|path| stem(path) == *code) {
            let error = Error::new(ErrorKind::Usage, format!("there is no text of `{code}` among --texts"));
            return Err(error.mend(format!("give a file named `{code}.txt`")).into());
        }
    }
    let mut options = PackOptions::new(texts);
    options.max_tokens = args.max_tokens;
    let packed = pack(&source, &args.output, &options).map_err(model::refused)?;
    writeln!(
        out,
        "{}: {} of {} tokens, {:.1} MB",
        args.output.display(),
        packed.tokens_after,
        packed.tokens_before,
        packed.bytes as f64 / 1e6
    )?;
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn wanted(path: &Path, languages: Option<&[String]>) -> bool {
    languages.is_none_or(|languages| languages.contains(&stem(path)))
}
