//! Drives the HTML report in a browser.
//!
//! Needs Chromium and chromedriver. Where they are missing the test says so and ends, unless the environment variable
//! `KLAUSUL_BROWSER_TEST` is `required`. `KLAUSUL_BROWSER_SHOTS` names a folder for pictures of the page.

mod invented;
mod webdriver;

use std::path::Path;

use klausul_eval::report::html;
use serde_json::{Value, json};
use webdriver::{Browser, Failure};

#[test]
fn the_report_works_in_a_browser() {
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(why) if std::env::var("KLAUSUL_BROWSER_TEST").is_ok_and(|value| value == "required") => panic!("{why}"),
        Err(why) => return eprintln!("not run, as there is no browser to drive: {why}"),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = |name: &str, report: &Value, errors: &[Value]| {
        let path = folder.path().join(name);
        std::fs::write(&path, html(report, errors)).expect("the page is written");
        path
    };
    let full = page("full.html", &invented::report(), &invented::errors(500));
    check(&browser, &full).expect("the report works");
    check_links(&browser, &full).expect("links to filters work");
    let hollow = page("hollow.html", &hollow(), &[]);
    check_hollow(&browser, &hollow).expect("a report without figures is shown");
    let large = page("large.html", &invented::report(), &invented::errors(20_000));
    check_large(&browser, &large).expect("many errors stay fluid");
    if let Some(shots) = std::env::var_os("KLAUSUL_BROWSER_SHOTS") {
        shoot(&browser, &full, Path::new(&shots)).expect("pictures are taken");
    }
}

/// Sections that are there with nothing known in them.
fn hollow() -> Value {
    json!({
        "klausul": "0.1.0", "settings": {"gold": [], "system": null, "scope": ["a"], "compare": null},
        "counts": {"documents": null}, "micro": {"precision": null, "recall": null, "f1": null, "f1_interval": null},
        "per_category": {"a": {"support": 0, "f1": null}}, "per_language": {"": {"micro": null, "per_category": {}}},
        "confusion": {"labels": ["a", "(none)"], "matrix": [[0, 0], [null, 0]]}, "comparison": null,
        "documents": {"missing": null, "per_document": [{"doc": "x", "lang": null}]},
        "calibration": {"brier": null, "reliability": [{"mean_score": null, "positive_rate": null, "count": 3}]},
        "leakage": {"train": []},
    })
}

/// Fails with a message when a script does not return what it must.
fn expect(browser: &Browser, what: &str, script: &str, wanted: &Value) -> Result<(), Failure> {
    let got = browser.run(script)?;
    if got == *wanted { Ok(()) } else { Err(format!("{what}: {got} instead of {wanted}").into()) }
}

/// The page logs nothing, loads nothing, and is no wider than the window.
fn check_quiet(browser: &Browser) -> Result<(), Failure> {
    let log = browser.log()?;
    if !log.is_empty() {
        return Err(format!("the page logs {log:?}").into());
    }
    expect(browser, "what the page loads", "return performance.getEntriesByType('resource').length", &json!(0))?;
    let wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    expect(browser, "the page fits the window", wide, &json!(true))?;
    let clipped = "return [...document.querySelectorAll('.scroll')].filter((part) => part.scrollWidth > part.clientWidth + 1)\
                   .map((part) => part.querySelector('table')?.id || part.textContent.slice(0, 40))";
    expect(browser, "tables wider than the page", clipped, &json!([]))
}

/// What must hold of the report of any evaluation that has every section and at least one error.
fn check(browser: &Browser, page: &Path) -> Result<(), Failure> {
    browser.open(page, "")?;
    check_quiet(browser)?;
    let sections = "return [...document.querySelectorAll('main > section')].map((part) => part.id).join(' ')";
    let all = "overall comparison categories curves calibration languages kinds confusion documents leakage errors";
    expect(browser, "the sections", sections, &json!(all))?;
    expect(
        browser,
        "every section has a line that explains it",
        "return document.querySelectorAll('main > section:not(:has(.note))').length",
        &json!(0),
    )?;

    // Sorting, by click and by key.
    let order =
        "return [...document.querySelectorAll('#category-table tbody th')].map((head) => head.textContent).join('|')";
    let figures = "const f1 = [...document.querySelectorAll('#category-table tbody tr')].map((row) => row.cells[7].textContent)\
                   .filter((text) => text !== '–').map(Number);";
    let before = browser.run(order)?;
    browser.click("#category-table thead th:nth-child(8) button")?;
    if browser.run(order)? == before {
        return Err("a click on a column's head changes no order".into());
    }
    expect(
        browser,
        "F1 falls",
        &format!("{figures} return f1.length > 1 && f1.every((value, at) => !at || f1[at - 1] >= value)"),
        &json!(true),
    )?;
    browser.type_into("#category-table thead th:nth-child(8) button", "\u{E007}")?;
    expect(
        browser,
        "F1 rises",
        &format!("{figures} return f1.every((value, at) => !at || f1[at - 1] <= value)"),
        &json!(true),
    )?;
    expect(
        browser,
        "the sorted column says so",
        "return document.querySelector('#category-table th[aria-sort=ascending]').cellIndex",
        &json!(7),
    )?;

    // Curves.
    let drawn = "return document.querySelector('#pr-chart .own').getAttribute('points')";
    let micro = browser.run(drawn)?;
    browser.run("const choice = document.getElementById('pr-category'); choice.selectedIndex = 3; choice.dispatchEvent(new Event('change'))")?;
    if browser.run(drawn)? == micro {
        return Err("another category draws the same curve".into());
    }
    expect(
        browser,
        "the micro-average stays",
        "return document.querySelectorAll('#pr-chart .micro').length",
        &json!(1),
    )?;

    // Cells of a grid are walked with the keyboard and read out.
    browser.run("document.querySelector('#languages-grid tbody td').focus()")?;
    browser.type_into("#languages-grid tbody td", "\u{E015}")?;
    expect(
        browser,
        "the cell below is read out",
        "return document.activeElement.title === document.querySelector('#languages .readout').textContent \
           && document.activeElement.parentNode.rowIndex === 2",
        &json!(true),
    )?;

    // Text is text.
    expect(
        browser,
        "nothing in a paragraph is run",
        "return window.broken === undefined && document.querySelectorAll('main script, main img').length === 0",
        &json!(true),
    )?;
    let texts = "return [...document.querySelectorAll('#error-list .text')].map((text) => text.textContent)";
    if !browser.run(texts)?.as_array().is_some_and(|texts| texts.iter().any(|text| text == invented::HOSTILE)) {
        return Err("the text with markup in it is not shown as it is".into());
    }
    let marks = "return [...new Set([...document.querySelectorAll('#error-list mark')].map((mark) => mark.textContent))].sort()";
    let words = [
        "geben wir Ihre Daten an",
        "ruajmë pesë vjet",
        "the carrier",
        "vous opposer à",
        "we",
        "τη διαγραφή των δεδομένων",
    ];
    expect(browser, "the marked words", marks, &json!(words))?;

    // Filters.
    let shown =
        "return Number(document.getElementById('error-count').textContent.split(' of ')[0].replaceAll(',', ''))";
    let all = browser.run(shown)?;
    browser.run("const choice = document.getElementById('error-lang'); choice.value = 'sq'; choice.dispatchEvent(new Event('change'))")?;
    let albanian = browser.run(shown)?;
    if albanian.as_f64() >= all.as_f64() {
        return Err(format!("the filter shows {albanian} of {all}").into());
    }
    browser.type_into("#error-text", "KONTRATES")?;
    browser.wait_for("return location.hash.includes('text=KONTRATES')")?;
    expect(browser, "accents and case do not matter", shown, &albanian)?;
    check_quiet(browser)
}

/// A filter has an address, and an address opens its filter.
fn check_links(browser: &Browser, page: &Path) -> Result<(), Failure> {
    browser.open(page, "#errors?error=missed&category=recipients&text=data")?;
    let state = "return ['error', 'category', 'text'].map((name) => document.getElementById('error-' + name).value)";
    expect(browser, "the filters of the address", state, &json!(["missed", "recipients", "data"]))?;
    let missed = "return [...document.querySelectorAll('#error-list .wrong')].every((part) => [...part.querySelectorAll('.missed')]\
                  .some((chip) => chip.textContent.startsWith('Recipients')))";
    expect(browser, "every paragraph misses the category", missed, &json!(true))?;
    expect(browser, "the page stands at the errors", "return scrollY > 1000", &json!(true))?;
    browser.run("document.querySelector('#languages-grid td.heat').click()")?;
    expect(
        browser,
        "a cell opens its errors",
        "return location.hash.includes('category=') && location.hash.includes('lang=')",
        &json!(true),
    )?;
    browser.run("history.back()")?;
    browser.wait_for("return document.getElementById('error-category').value === 'recipients'")?;
    browser.open(page, "#errors?lang=none-such")?;
    let nothing =
        "return document.getElementById('error-lang').value + document.querySelectorAll('#error-list .wrong').length";
    expect(browser, "a language that no error has finds nothing", nothing, &json!("none-such0"))?;
    check_quiet(browser)
}

/// Absent sections are left out and unknown numbers are dashes.
fn check_hollow(browser: &Browser, page: &Path) -> Result<(), Failure> {
    browser.open(page, "")?;
    check_quiet(browser)?;
    let sections = "return [...document.querySelectorAll('main > section')].map((part) => part.id).join(' ')";
    let some = "overall categories calibration languages confusion documents leakage";
    expect(browser, "the sections", sections, &json!(some))?;
    expect(
        browser,
        "nothing unknown is shown as such",
        "return /NaN|undefined|null|\\[object/.test(document.body.innerText)",
        &json!(false),
    )
}

/// Twenty thousand errors are filtered in less time than a person notices as waiting.
fn check_large(browser: &Browser, page: &Path) -> Result<(), Failure> {
    browser.open(page, "")?;
    let timed = "const start = performance.now(); const choice = document.getElementById('error-category');\
                 choice.value = 'recipients'; choice.dispatchEvent(new Event('change')); return performance.now() - start";
    let took = browser.run(timed)?.as_f64().unwrap_or(f64::MAX);
    if took > 1000.0 {
        return Err(format!("a filter takes {took} ms").into());
    }
    expect(
        browser,
        "one page of errors is shown",
        "return document.querySelectorAll('#error-list .wrong').length",
        &json!(25),
    )?;
    browser.click("#error-list .pager:last-child button:last-child")?;
    expect(browser, "the second page is opened", "return location.hash.includes('page=2')", &json!(true))?;
    check_quiet(browser)
}

/// Pictures of the whole page in light and in dark, and the page as it is printed.
fn shoot(browser: &Browser, page: &Path, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    for scheme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &features)?;
        browser.open(page, "")?;
        browser.run("document.querySelector('#error-list details').open = true; const choice = document.getElementById('pr-category');\
                     choice.selectedIndex = 3; choice.dispatchEvent(new Event('change'))")?;
        for part in [
            "header",
            "#overall",
            "#comparison",
            "#categories",
            "#curves",
            "#calibration",
            "#languages",
            "#kinds",
            "#confusion",
            "#documents",
            "#leakage",
            "#errors",
        ] {
            let area = browser.run(&format!("const area = document.querySelector('main > {part}').getBoundingClientRect(); return [area.top + scrollY, area.height]"))?;
            let height = area[1].as_f64().unwrap_or(0.0).min(1600.0);
            let clip = json!({"x": 0, "y": area[0], "width": 1280, "height": height, "scale": 1});
            let shot =
                browser.devtools("Page.captureScreenshot", &json!({"clip": clip, "captureBeyondViewport": true}))?;
            save(&folder.join(format!("{scheme}-{}.png", part.trim_start_matches('#'))), &shot)?;
        }
    }
    let printed = browser.devtools("Page.printToPDF", &json!({"preferCSSPageSize": true, "printBackground": true}))?;
    save(&folder.join("printed.pdf"), &printed)
}

/// Writes what the browser hands out as base64 (RFC 4648, section 4).
fn save(path: &Path, answer: &Value) -> Result<(), Failure> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = answer["data"].as_str().ok_or("the browser hands out no data")?;
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(text.len()), 0u32, 0);
    for byte in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|&letter| letter == byte) else { break };
        held = held << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xFF) as u8);
        }
    }
    Ok(std::fs::write(path, bytes)?)
}
