//! `docs/reference/openapi.json`: the API, as the code has it.

use std::fs;
use std::path::Path;

use super::described;

#[test]
fn the_description_of_the_api_is_what_the_code_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/openapi.json");
    let text = described().into_openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == text,
        "docs/reference/openapi.json has drifted: UPDATE=1 cargo test -p waxseal --lib reference"
    );
}

/// Who writes a client by it finds each word explained.
#[test]
fn every_answer_and_every_parameter_is_described() {
    let description = serde_json::to_value(described().into_openapi()).unwrap();
    let mut names = Vec::new();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{description}");
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            names.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["responses"]["401"].is_object(), "{method} {path} does not say 401");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{method} {path}: {parameter}");
            }
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "clients name their functions by them");
}
