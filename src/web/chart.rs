//! Charts drawn on the server: SVG without styles or scripts of its own, readable at 320 px. Whatever a colour tells, a
//! dash or a shape tells too; beside every chart stands its table, so the picture itself needs only a name.
use std::fmt::Write;

use askama::filters::{Html, escape};

/// One line or one set of bars.
pub struct Series {
    pub name: String,
    /// One for each label; none where the value is hidden.
    pub values: Vec<Option<f64>>,
}

/// What a chart shows.
pub struct Chart<'a> {
    /// Names the SVG's own elements: once on a page.
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    pub labels: &'a [String],
    pub series: &'a [Series],
}

/// The drawing is so many units wide and never shown narrower than 300 px: 13 units are a readable letter.
const WIDTH: f64 = 340.0;
const LETTER: f64 = 13.0;
/// Where the lines are drawn.
const LEFT: f64 = 34.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 14.0;
const TALL: f64 = 150.0;
const STEPS: u32 = 4;

fn text(words: &str) -> String {
    escape(words, Html).map_or_else(|_| String::new(), |words| words.to_string())
}

/// `12,5`, `300`: as both languages write numbers.
pub fn number(value: f64) -> String {
    let tenths = format!("{value:.1}");
    tenths.strip_suffix(".0").map_or_else(|| tenths.replace('.', ","), str::to_owned)
}

/// The smallest round scale that holds the largest value: the length of a step.
fn step(most: f64) -> f64 {
    let wanted = (most / f64::from(STEPS)).max(1.0);
    let power = 10f64.powf(wanted.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|one| one * power).into_iter().find(|one| *one >= wanted).unwrap_or(wanted)
}

impl Chart<'_> {
    fn most(&self) -> f64 {
        let values = self.series.iter().flat_map(|series| series.values.iter().flatten());
        values.copied().fold(0.0, f64::max)
    }

    fn begin(&self, height: f64) -> String {
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-name {id}-about\">\
             <title id=\"{id}-name\">{}</title><desc id=\"{id}-about\">{}</desc>",
            text(self.title),
            text(self.description),
            id = self.id
        )
    }

    /// Values over time, one line for each series, from nothing upwards.
    pub fn lines(&self) -> String {
        self.lines_from(0.0)
    }

    /// The same, from the lowest value upwards: for what moves a little somewhere high.
    pub fn close_up(&self) -> String {
        let values = self.series.iter().flat_map(|series| series.values.iter().flatten());
        let lowest = values.copied().fold(f64::INFINITY, f64::min);
        let lowest = if lowest.is_finite() { lowest } else { 0.0 };
        let step = step(self.most() - lowest);
        self.lines_from((lowest / step).floor() * step)
    }

    fn lines_from(&self, base: f64) -> String {
        let bottom = TOP + TALL;
        let legend = bottom + 26.0;
        let height = legend + 22.0 * self.series.len() as f64;
        let step = step(self.most() - base);
        let height_of_all = step * f64::from(STEPS);
        let y = |value: f64| bottom - (value - base) / height_of_all * TALL;
        let last = self.labels.len().saturating_sub(1).max(1) as f64;
        // Long numbers at the side have room.
        let left = LEFT.max(number(base + height_of_all).len() as f64 * LETTER * 0.58 + 6.0);
        let x = |at: usize| left + 6.0 + at as f64 / last * (WIDTH - left - RIGHT - 12.0);
        let mut svg = self.begin(height);
        for tick in 0..=STEPS {
            let value = base + step * f64::from(tick);
            let _ = write!(
                svg,
                "<path class=\"chart__grid\" d=\"M{left:.1} {y:.1}H{}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                left - 5.0,
                y(value) + 4.0,
                number(value),
                y = y(value)
            );
        }
        // As many labels as do not touch, the last one always.
        let every = self.labels.len().div_ceil(5).max(1);
        for (at, label) in self.labels.iter().enumerate().rev().step_by(every) {
            let anchor = if at + 1 == self.labels.len() { "end" } else { "middle" };
            let at = if anchor == "end" { x(at) + 6.0 } else { x(at) };
            let _ = write!(
                svg,
                "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                bottom + 17.0,
                text(label)
            );
        }
        for (n, series) in self.series.iter().enumerate() {
            let points: Vec<Option<(f64, f64)>> =
                series.values.iter().enumerate().map(|(at, value)| value.map(|v| (x(at), y(v)))).collect();
            let _ = write!(
                svg,
                "<path class=\"chart__line chart__line--{n}\" d=\"{}\"{}/>",
                joined(&points),
                dash(n)
            );
            for (x, y) in points.into_iter().flatten() {
                svg.push_str(&mark(n, x, y));
            }
            let at = legend + 22.0 * n as f64 + 6.0;
            let _ = write!(
                svg,
                "<path class=\"chart__line chart__line--{n}\" d=\"M{LEFT} {at:.1}h34\"{}/>{}<text class=\"chart__name\" x=\"{}\" y=\"{:.1}\">{}</text>",
                dash(n),
                mark(n, LEFT + 17.0, at),
                LEFT + 42.0,
                at + 4.5,
                text(&series.name)
            );
        }
        svg + "</svg>"
    }

    /// One bar for each label and series, from the left, with its value behind it. `hidden`: said instead of a value.
    pub fn bars(&self, hidden: &str) -> String {
        let most = self.most().max(1.0);
        let row = 20.0 + 19.0 * self.series.len() as f64;
        let legend = 22.0 * self.series.len() as f64 + 8.0;
        let mut svg = self.begin(legend + row * self.labels.len() as f64);
        for (n, series) in self.series.iter().enumerate() {
            let y = 22.0 * n as f64;
            let _ = write!(
                svg,
                "<rect class=\"chart__bar chart__bar--{n}\" x=\"1\" y=\"{}\" width=\"26\" height=\"12\"/>\
                 <text class=\"chart__name\" x=\"35\" y=\"{}\">{}</text>",
                y + 3.0,
                y + 14.0,
                text(&series.name)
            );
        }
        // The longest bar leaves room for its number.
        let long = WIDTH - 62.0;
        for (at, label) in self.labels.iter().enumerate() {
            let top = legend + row * at as f64;
            let _ = write!(
                svg,
                "<text class=\"chart__name\" x=\"0\" y=\"{:.1}\">{}</text>",
                top + 13.0,
                text(&shortened(label))
            );
            for (n, series) in self.series.iter().enumerate() {
                let y = top + 19.0 + 19.0 * n as f64;
                let value = series.values.get(at).copied().flatten();
                let length = value.map_or(0.0, |value| value / most * long);
                if value.is_some() {
                    let _ = write!(
                        svg,
                        "<rect class=\"chart__bar chart__bar--{n}\" x=\"1\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"13\"/>"
                    );
                }
                let told = value.map_or_else(|| hidden.to_owned(), number);
                let _ = write!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    length + if value.is_some() { 7.0 } else { 1.0 },
                    y + 11.5,
                    text(&told)
                );
            }
        }
        svg + "</svg>"
    }
}

/// A label that fits the drawing: its table has it whole.
fn shortened(label: &str) -> String {
    let most = (WIDTH / (LETTER * 0.58)) as usize;
    if label.chars().count() <= most {
        return label.to_owned();
    }
    let cut: String = label.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end_matches([' ', ',', '(']))
}

/// A line that is broken where values are hidden.
fn joined(points: &[Option<(f64, f64)>]) -> String {
    let (mut path, mut pen) = (String::new(), 'M');
    for point in points {
        match point {
            Some((x, y)) => {
                let _ = write!(path, "{pen}{x:.1} {y:.1}");
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    if path.is_empty() { "M0 0".to_owned() } else { path }
}

fn dash(series: usize) -> &'static str {
    match series {
        0 => "",
        1 => " stroke-dasharray=\"7 4\"",
        _ => " stroke-dasharray=\"2 4\"",
    }
}

/// A disc, a square, a triangle.
fn mark(series: usize, x: f64, y: f64) -> String {
    let shape = match series {
        0 => format!("M{:.1} {y:.1}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0", x - 3.5),
        1 => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
        _ => format!("M{x:.1} {:.1}l4.5 8h-9z", y - 4.8),
    };
    format!("<path class=\"chart__mark chart__mark--{series}\" d=\"{shape}\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<Option<f64>>) -> String {
        let labels: Vec<String> = (1..=values.len()).map(|n| format!("{n:02}.2026")).collect();
        let series = [Series { name: "Жалпы <кезек>".to_owned(), values }];
        let chart =
            Chart {
                id: "a", title: "Кезек & ұзындығы", description: "x", labels: &labels, series: &series
            };
        chart.lines() + &chart.bars("5-тен аз")
    }

    #[test]
    fn a_chart_is_named_and_says_nothing_by_markup() {
        let svg = chart(vec![Some(3.0), None, Some(12.5)]);
        assert!(svg.contains("role=\"img\"") && svg.contains("Кезек &#38; ұзындығы"), "{svg}");
        assert!(!svg.contains("<кезек>") && !svg.contains("style"), "{svg}");
        assert!(svg.contains("5-тен аз") && svg.contains("12,5"), "{svg}");
    }

    #[test]
    fn a_hidden_value_breaks_the_line() {
        let path = joined(&[Some((1.0, 1.0)), Some((2.0, 2.0)), None, Some((4.0, 4.0))]);
        assert_eq!(path, "M1.0 1.0L2.0 2.0M4.0 4.0");
        assert!(!chart(vec![None, None]).contains("NaN"));
        assert!(!chart(Vec::new()).contains("NaN"));
        for values in [Vec::new(), vec![None], vec![Some(7.0), None]] {
            let labels = vec![String::new(); values.len()];
            let series = [Series { name: String::new(), values }];
            let drawn =
                Chart { id: "a", title: "", description: "", labels: &labels, series: &series }.close_up();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }

    #[test]
    fn scales_are_round() {
        assert_eq!([0.0, 4.0, 5.0, 37.0, 400.0, 401.0].map(step), [1.0, 1.0, 2.0, 10.0, 100.0, 200.0]);
    }

    #[test]
    fn numbers_are_written_with_a_comma() {
        assert_eq!([0.0, 12.5, 300.0].map(number), ["0", "12,5", "300"]);
    }
}
