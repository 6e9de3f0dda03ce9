//! The HTML report of a real run, in a browser.
//!
//! Needs Chromium and chromedriver. Where they are missing the test says so and ends, unless the environment variable
//! `KLAUSUL_BROWSER_TEST` is `required`. What the page does with any report is tested in klausul-eval.

#[path = "../../crates/klausul-eval/tests/webdriver/mod.rs"]
mod webdriver;

use std::path::Path;

use serde_json::json;
use webdriver::Browser;

use crate::util::Folder;

#[test]
fn the_report_of_a_run_works_in_a_browser() {
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(why) if std::env::var("KLAUSUL_BROWSER_TEST").is_ok_and(|value| value == "required") => panic!("{why}"),
        Err(why) => return eprintln!("not run, as there is no browser to drive: {why}"),
    };
    let folder = Folder::new();
    let gold = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/gold/first").display().to_string();
    let ran = folder.run(&["evaluate", "--backend", "rules", "--gold", &gold, "--html", "r.html", "--train", &gold]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    browser.open(&folder.path("r.html"), "").unwrap();
    assert!(browser.log().unwrap().is_empty(), "{:?}", browser.log());
    let get = |script: &str| browser.run(script).unwrap();
    assert_eq!(get("return performance.getEntriesByType('resource').length"), json!(0));
    let sections = get("return [...document.querySelectorAll('main > section')].map((part) => part.id).join(' ')");
    assert_eq!(
        sections,
        json!("overall categories curves calibration languages kinds confusion documents leakage errors")
    );
    // Both systems are named, and the groups that were drawn are counted.
    let [a, b] = ["fi-kuntosali.jsonl", "sv-bibliotek.jsonl"];
    let [first, second] = ["first", "second"].map(|part| [a, b].map(|name| format!("{gold}/../{part}/{name}")));
    let compared = ["evaluate", "--backend", "rules", "--cluster", "--html", "c.html", "--gold", &first[0], &first[1]];
    let ran = folder.run(&[&compared[..], &["--compare", &second[0], &second[1]]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    browser.open(&folder.path("c.html"), "").unwrap();
    let text = get("return document.body.innerText");
    let said = text.as_str().unwrap().to_lowercase();
    assert!(said.contains("a is rules rules-") && said.contains("second/fi-kuntosali.jsonl"), "{said}");
    assert!(said.contains("groups of near-identical documents") && said.contains("missing items, f1"), "{said}");
    browser.open(&folder.path("r.html"), "").unwrap();
    let first = "return document.querySelector('#category-table tbody tr').textContent";
    let before = get(first);
    browser.click("#category-table thead th:nth-child(8) button").unwrap();
    assert_ne!(get(first), before, "a click on a heading sorts");
    // Rules explain themselves: the words that made them err are marked.
    assert!(get("return document.querySelectorAll('#error-list mark').length").as_u64().unwrap() > 0);
    browser.type_into("#error-text", "bibliotek").unwrap();
    browser.wait_for("return location.hash.includes('text=bibliotek')").unwrap();
    let shown = get("return document.getElementById('error-list').textContent");
    assert!(shown.as_str().unwrap().to_lowercase().contains("bibliotek"), "{shown}");
    // A dark page is dark.
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    let background = "return getComputedStyle(document.documentElement).backgroundColor + \
                      getComputedStyle(document.body).backgroundColor";
    let light = get(background);
    browser.devtools("Emulation.setEmulatedMedia", &dark).unwrap();
    assert_ne!(get(background), light);
}
