//! Runs an exported suite (ghostc conform --export DIR) on tract: cargo run --release DIR [FILTER] > report.json

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use prost::Message;
use tract_onnx::prelude::*;

/// The outcome of a case, in the words of docs/engines.md, and what is to say of it.
type Outcome = (&'static str, String);

fn read(path: &Path) -> TractResult<Tensor> {
    let proto = tract_onnx::pb::TensorProto::decode(&*std::fs::read(path)?)?;
    tract_onnx::tensor::load_tensor(&*tract_onnx::onnx().provider, &proto, None)
}

fn problem(actual: &Tensor, expected: &Tensor, bound: &Tensor) -> TractResult<Option<String>> {
    let described = |t: &Tensor| format!("{:?}{:?}", t.datum_type(), t.shape());
    if described(actual) != described(expected) {
        return Ok(Some(format!("expected {}, found {}", described(expected), described(actual))));
    }
    let [a, e, b] = [actual, expected, bound].map(|t| t.cast_to::<f64>().map(|c| c.into_owned()));
    let (a, e, b) = (a?, e?, b?);
    let (a, e, b) = (a.to_plain_array_view::<f64>()?, e.to_plain_array_view::<f64>()?, b.to_plain_array_view::<f64>()?);
    let found = a.iter().zip(e.iter()).zip(b.iter()).enumerate();
    Ok(found
        .filter(|(_, ((a, e), b))| !(a == e || (a.is_nan() && e.is_nan()) || (*a - *e).abs() <= **b))
        .map(|(i, ((a, e), _))| format!("element {i}: expected {e}, found {a}"))
        .next())
}

fn numbered(folder: &Path, word: &str) -> Vec<PathBuf> {
    (0..).map(|i| folder.join(format!("{word}_{i}.pb"))).take_while(|path| path.exists()).collect()
}

fn check(folder: &Path) -> TractResult<Outcome> {
    let load = || tract_onnx::onnx().model_for_path(folder.join("model.onnx"))?.into_optimized()?.into_runnable();
    let model = match load() {
        Ok(model) => model,
        Err(error) => return Ok(("refused", format!("{error:#}"))),
    };
    for set in (0..).map(|k| folder.join(format!("test_data_set_{k}"))).take_while(|set| set.exists()) {
        let inputs = numbered(&set, "input").iter().map(|path| Ok(read(path)?.into())).collect::<TractResult<TVec<TValue>>>()?;
        let outputs = model.run(inputs)?;
        let sides = numbered(&set, "output").into_iter().zip(numbered(&set, "bound"));
        for (actual, (expected, bound)) in outputs.iter().zip(sides) {
            let expected = read(&expected)?;
            // tract keeps sizes as symbolic integers.
            let sizes = actual.datum_type() == TDim::datum_type();
            let actual = if sizes { actual.cast_to_dt(expected.datum_type())?.into_owned() } else { actual.clone().into_tensor() };
            if let Some(found) = problem(&actual, &expected, &read(&bound)?)? {
                return Ok(("fail", found));
            }
        }
    }
    Ok(("pass", String::new()))
}

fn cases(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.join("model.onnx").exists() {
        found.push(folder.to_path_buf());
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            cases(&path, found)?;
        }
    }
    Ok(())
}

fn json(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

fn main() -> TractResult<()> {
    let mut args = std::env::args().skip(1);
    let (root, filter) = (PathBuf::from(args.next().expect("the folder of the suite")), args.next().unwrap_or_default());
    let mut folders = vec![];
    cases(&root, &mut folders)?;
    folders.sort();
    let mut passed = 0;
    let mut rows = vec![];
    for folder in folders {
        let name = folder.strip_prefix(&root)?.to_string_lossy().into_owned();
        if !name.contains(&filter) {
            continue;
        }
        let (status, message) = match catch_unwind(AssertUnwindSafe(|| check(&folder))) {
            Ok(outcome) => outcome.unwrap_or_else(|error| ("error", format!("{error:#}"))),
            Err(_) => ("crash", "panics".into()),
        };
        passed += usize::from(status == "pass");
        rows.push(format!(
            "{{\"name\":{},\"status\":\"{status}\",\"error\":null,\"ratio\":null,\"seconds\":0,\"message\":{}}}",
            json(&name),
            json(&message)
        ));
    }
    println!("{{\"format\":\"ghostc-conform/1\",\"runtime\":\"tract\",\"problems\":[],\"cases\":[\n{}\n]}}", rows.join(",\n"));
    eprintln!("{passed} of {} pass", rows.len());
    Ok(())
}
