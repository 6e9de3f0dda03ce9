//! Rows of JSONL and CSV as input.

use crate::util::Folder;
use serde_json::json;

#[test]
fn paragraph_rows_keep_ids_order_and_other_columns() {
    let folder = Folder::new();
    folder.write(
        "rows.jsonl",
        concat!(
            r#"{"id":"b","doc":"x","kind":"list_item","context":["Who receives your data?"],"lang":"en","text":"Payment providers","labels":["recipients"],"note":{"a":1}}"#,
            "\n",
            r#"{"id":"a","doc":"x","text":"You may lodge a complaint with the supervisory authority."}"#,
            "\n\n",
            r#"{"text":"Du har rätt att klaga hos Integritetsskyddsmyndigheten."}"#,
            "\n",
        ),
    );
    let ran = folder.run(&["classify", "rows.jsonl", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let records = ran.records();
    let field = |name: &str| records.iter().map(|record| record[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("id"), [json!("b"), json!("a"), json!("rows.jsonl#2")]);
    assert_eq!(field("doc"), [json!("x"), json!("x"), json!("rows.jsonl")]);
    assert_eq!(field("index"), [0, 1, 0].map(|index| json!(index)));
    assert_eq!(field("lang"), [json!("en"), json!("en"), json!("sv")]);
    assert_eq!(field("labels"), [json!(["recipients"]), json!(["right_complaint"]), json!(["right_complaint"])]);
    assert_eq!(records[0]["input_labels"], json!(["recipients"]));
    assert_eq!(records[0]["note"], json!({ "a": 1 }));
}

#[test]
fn kinds_of_others_are_kept_and_read_as_text() {
    let folder = Folder::new();
    folder.write("rows.jsonl", r#"{"id":"1","kind":"UNKNOWN","text":"You can withdraw your consent at any time."}"#);
    let record = &folder.run(&["classify", "rows.jsonl", "-q"]).records()[0];
    assert_eq!((&record["kind"], &record["input_kind"]), (&json!("text"), &json!("UNKNOWN")));
    assert_eq!(record["labels"], json!(["right_withdraw_consent"]));
}

#[test]
fn document_rows_become_documents() {
    let folder = Folder::new();
    folder.write(
        "docs.csv",
        "id,url,html,year\np1,https://example.org,\"<h1>Privacy</h1><p>You can withdraw your consent at any time.</p>\",2024\n",
    );
    let records = folder.run(&["classify", "docs.csv", "-q"]).records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["doc"], "p1");
    assert_eq!(records[1]["labels"], json!(["right_withdraw_consent"]));
    assert_eq!(records[1]["year"].to_string().trim_matches('"'), "2024");
}

#[test]
fn fields_can_be_named() {
    let folder = Folder::new();
    folder.write("own.csv", "key;body\nk1;You can withdraw your consent at any time.\n");
    let ran = folder.run(&["classify", "own.csv", "-q"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("own.csv") && ran.stderr.contains("--text-field"), "{}", ran.stderr);
    let records = folder
        .run(&["classify", "own.csv", "--rows", "paragraphs", "--text-field", "body", "--id-field", "key", "-q"])
        .records();
    assert_eq!(records[0]["id"], "k1");
    assert_eq!(records[0]["labels"], json!(["right_withdraw_consent"]));
}

#[test]
fn many_rows_come_out_once_and_in_order() {
    let folder = Folder::new();
    let row =
        |row: usize| format!("{{\"id\":\"{row}\",\"text\":\"We keep order {} for {} years.\"}}", row % 700, row % 9);
    let rows = (0..20_000).map(row).collect::<Vec<_>>().join("\n");
    folder.write("rows.jsonl", rows);
    let one = folder.run(&["classify", "rows.jsonl", "-q", "--threads", "1", "--language", "en"]);
    let ids: Vec<String> = one.records().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    assert!(ids.iter().enumerate().all(|(row, id)| *id == row.to_string()) && ids.len() == 20_000);
    let three = folder.run(&["classify", "rows.jsonl", "-q", "--threads", "3", "--language", "en"]);
    assert!(one.stdout == three.stdout);
}
