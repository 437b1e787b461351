//! The page holds what it must, and nothing that would be fetched.

use super::*;
use crate::stress::report::tests::good;

#[test]
fn a_page_stands_alone() {
    let mut report = good();
    report.picture = "<svg xmlns='http://www.w3.org/2000/svg'><text>\"50%\" & #1</text></svg>".to_owned();
    let html = page(&report);
    for outside in ["src='http", "href=", "<script", "url(http", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains(">PASS<") && html.contains("data:image/svg+xml,%3Csvg xmlns=%27http"), "{html}");
    assert!(html.contains("%2250%25%22 %26 %231"), "every byte that would end an address is encoded");
    let opened = html.matches("<svg").count();
    assert!(opened >= 7 && opened == html.matches("</svg>").count(), "{opened} drawings");
    assert!(!html.contains("NaN") && !html.contains("inf"), "every mark has a place");
}

#[test]
fn a_failure_says_why_and_a_run_without_figures_is_a_page_too() {
    let mut report = Report { trouble: vec!["a <b> & c".to_owned()], ..Report::default() };
    report.judge();
    let html = page(&report);
    assert!(
        html.contains(">FAIL<") && html.contains("a &lt;b&gt; &amp; c") && html.contains("none measured"),
        "{html}"
    );
    assert!(!html.contains("NaN"), "{html}");
}
