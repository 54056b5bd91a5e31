//! Bags of lines and records, and graphs of tasks.

use hpda_data::exec::{Bag, ExecOptions, Task, task};
use hpda_data::open::{read_text, read_text_in};
use hpda_data::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A text with many words, more than one block long.
fn book() -> String {
    let words = ["whale", "sea", "ship", "the", "of", "Ishmael"];
    (0..200_000).map(|i| format!("{} {}\n", words[i * i % 6], words[i % 5])).collect()
}

fn plain_count(text: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word.to_string()).or_default() += 1;
    }
    counts
}

#[test]
fn words_of_several_compressed_files_are_counted_as_one_by_one() {
    let dir = folder();
    let text = book();
    let paths: Vec<PathBuf> = ["a.txt", "b.txt.gz"].iter().map(|n| dir.path().join(n)).collect();
    std::fs::write(&paths[0], &text).unwrap();
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(&paths[1]).unwrap(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap();
    let lines = read_text(&paths).unwrap();
    assert!(lines.npartitions() > 2);
    assert_eq!(lines.count().unwrap(), 400_000);
    let words = lines.flat_map(|line| line.split(' ').map(str::to_string).collect::<Vec<_>>());
    let expected: BTreeMap<String, u64> = plain_count(&text).into_iter().map(|(w, n)| (w, 2 * n)).collect();
    for threads in [1, 3] {
        let words = words.clone().with_options(&ExecOptions { threads: Some(threads), ..ExecOptions::default() });
        let found = words.frequencies().unwrap();
        let first: Vec<String> = found.map(|(w, _)| w).collect().unwrap();
        assert_eq!(first[..3], ["whale", "sea", "of"], "in the order of first appearance");
        assert_eq!(found.collect().unwrap().into_iter().collect::<BTreeMap<_, _>>(), expected);
        let top = found.top_k(2, |(_, n)| *n).unwrap();
        let mut best: Vec<u64> = expected.values().copied().collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(top.iter().map(|t| t.1).collect::<Vec<_>>(), best[..2]);
    }
}

#[test]
fn faults_in_functions_name_the_line_or_the_item() {
    let dir = folder();
    let path = dir.path().join("x.txt");
    std::fs::write(&path, "1\n2\nthree\n4\n").unwrap();
    let number = |line: String| line.parse::<i64>().map_err(|_| Error::parse(format!("{line:?} is no number")));
    let e = read_text([&path]).unwrap().try_map(number).collect().unwrap_err();
    assert_eq!((e.kind(), e.message(), e.place().line), (ErrorKind::Parse, "\"three\" is no number", Some(3)));
    assert_eq!(e.place().file.as_deref(), Some(path.as_path()));
    let e = read_text([&path]).unwrap().map(|line| if line == "2" { panic!("two") } else { line }).count().unwrap_err();
    assert_eq!((e.kind(), e.message(), e.place().line), (ErrorKind::Invalid, "the function panicked: two", Some(2)));
    let e = Bag::from_items(0..100, 7).filter(|x| 100 / (x - 60) > 0).count().unwrap_err();
    assert_eq!(e.place().op.as_deref(), Some("item 60 of a bag"));
    // Of several the first one is told, for any number of threads.
    for threads in [1, 4] {
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default() };
        let bag = Bag::from_items(0..1000, 50).with_options(&options);
        let e = bag.try_map(|x| if x % 10 == 7 { Err(Error::invalid(format!("{x}"))) } else { Ok(x) }).count().unwrap_err();
        assert_eq!(e.message(), "7");
    }
    let e = Bag::from_items(0..100, 7).map_partitions(|_| -> Vec<i32> { panic!("part") }).collect().unwrap_err();
    assert_eq!(e.place().op.as_deref(), Some("part 0 of a bag"));
    assert!(Bag::from_items(0..100, 7).reduce(|a, b| if a > 3000 { panic!("much") } else { a + b }).is_err());
}

#[test]
fn text_that_is_none_is_refused() {
    let dir = folder();
    let path = dir.path().join("x");
    assert_eq!(read_text([&path]).unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(&path, b"a\nb\xff\n").unwrap();
    let e = read_text([&path]).unwrap().count().unwrap_err();
    assert_eq!((e.kind(), e.place().line), (ErrorKind::Parse, Some(2)));
    assert_eq!(read_text_in([&path], "latin1").unwrap().take(2).unwrap(), ["a", "bÿ"]);
    assert_eq!(read_text_in([&path], "klingon").unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(&path, b"\0\0\0").unwrap();
    assert_eq!(read_text([&path]).unwrap_err().kind(), ErrorKind::Format);
    std::fs::write(&path, b"").unwrap();
    let empty = read_text([&path]).unwrap();
    assert_eq!((empty.count().unwrap(), empty.npartitions(), empty.frequencies().unwrap().collect().unwrap()), (0, 0, vec![]));
}

#[test]
fn steps_of_bags_are_those_of_lists() -> Result<()> {
    let list: Vec<i64> = (0..500).map(|i| i * 37 % 101).collect();
    for parts in [1, 3, 500] {
        let bag = Bag::from_items(list.clone(), parts);
        assert_eq!(bag.npartitions(), parts);
        assert_eq!(bag.collect()?, list);
        assert_eq!(
            bag.filter(|x| x % 2 == 0).map(|x| x + 1).collect()?,
            list.iter().filter(|x| *x % 2 == 0).map(|x| x + 1).collect::<Vec<_>>()
        );
        let mut sorted = list.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(bag.top_k(120, |x| *x)?, sorted[..120]);
        // Of equal keys the first ones.
        assert_eq!(bag.top_k(3, |_| 0)?, list[..3]);
        let mut seen = Vec::new();
        list.iter().for_each(|x| {
            if !seen.contains(x) {
                seen.push(*x)
            }
        });
        assert_eq!(bag.distinct()?.collect()?, seen);
        assert_eq!(bag.take(7)?, list[..7]);
        assert_eq!(bag.repartition(4)?.npartitions(), 4);
        let sums = bag.fold_by(|x| x % 3, || 0, |a, x| a + x, |a, b| a + b)?.collect()?;
        assert_eq!(sums.len(), 3);
        sums.iter().for_each(|(k, s)| assert_eq!(*s, list.iter().filter(|x| *x % 3 == *k).sum::<i64>()));
        // What is put together is neighbours, in order.
        let text = bag.map(|x| x.to_string()).reduce(|a, b| a + &b)?;
        assert_eq!(text, Some(list.iter().map(i64::to_string).collect()));
    }
    assert_eq!(Bag::from_items(list, 3).repartition(0).unwrap_err().kind(), ErrorKind::Invalid);
    let e = Bag::from_items([vec![1.into()], vec![]], 1).to_frame(&["a"]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Shape);
    Ok(())
}

#[test]
fn tasks_run_once_after_what_they_need_and_side_by_side() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let calls = Arc::new(AtomicUsize::new(0));
    let note = |name: &'static str| {
        let (log, calls) = (log.clone(), calls.clone());
        move || {
            calls.fetch_add(1, Ordering::Relaxed);
            log.lock().unwrap().push(name);
        }
    };
    let (n1, n2, n3, n4) = (note("load"), note("left"), note("right"), note("join"));
    let load = task("load", (), move |()| {
        n1();
        Ok(21u64)
    });
    let left = task("left", &load, move |x| {
        n2();
        Ok(*x * 2)
    });
    let right = task("right", &load, move |x| {
        n3();
        Ok(*x + 1)
    });
    let join = task("join", (&left, &right, &load), move |(a, b, c)| {
        n4();
        Ok(*a + *b + *c)
    });
    assert_eq!(join.explain(), "0 load\n1 left <- 0\n2 right <- 0\n3 join <- 1 2 0\n");
    assert!(join.explain_dot().contains("n2 [label=\"right\"];"));
    for threads in [1, 4] {
        calls.store(0, Ordering::Relaxed);
        log.lock().unwrap().clear();
        assert_eq!(*join.run(&ExecOptions { threads: Some(threads), ..ExecOptions::default() }).unwrap(), 85);
        let log = log.lock().unwrap();
        assert_eq!((calls.load(Ordering::Relaxed), log[0], log[3]), (4, "load", "join"));
    }
    // A long chain, and a wide one.
    let mut last = task("0", (), |()| Ok(0u32));
    for i in 0..20_000 {
        last = task(i.to_string(), &last, |x| Ok(*x + 1));
    }
    assert_eq!(*last.run(&ExecOptions::default()).unwrap(), 20_000);
    let wide: Vec<Task<usize>> = (0..1000).map(|i| task(format!("{i}"), (), move |()| Ok(i))).collect();
    assert_eq!(*task("sum", &wide, |all| Ok(all.iter().map(|x| **x).sum::<usize>())).run(&ExecOptions::default()).unwrap(), 499_500);
}

#[test]
fn a_task_that_fails_is_named_the_first_of_several() {
    let bad = |i: usize| {
        task(format!("t{i}"), (), move |()| match i {
            30 | 70 => Err(Error::invalid(format!("no {i}"))),
            50 => panic!("fifty"),
            _ => Ok(i),
        })
    };
    let all: Vec<Task<usize>> = (0..100).map(bad).collect();
    let after = task("after", &all, |_| Ok(()));
    for threads in [1, 2, 8] {
        let e = after.run(&ExecOptions { threads: Some(threads), ..ExecOptions::default() }).unwrap_err();
        assert_eq!((e.message(), e.place().op.as_deref()), ("no 30", Some("task \"t30\"")));
    }
    let e = all[50].run(&ExecOptions::default()).unwrap_err();
    assert_eq!(
        (e.kind(), e.message(), e.place().op.as_deref()),
        (ErrorKind::Invalid, "the function panicked: fifty", Some("task \"t50\""))
    );
}
