//! The pictures.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::entry::Entry;
use crate::measure::Bar;

const WIDTH: u32 = 900;
/// Of one case in the picture of ratios.
const LINE_HEIGHT: u32 = 26;
const MARGIN: u32 = 90;

const MET: RGBColor = RGBColor(46, 125, 80);
const MISSED: RGBColor = RGBColor(190, 80, 60);
const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 110, 30),
    RGBColor(46, 125, 80),
    RGBColor(190, 80, 60),
    RGBColor(120, 90, 170),
    RGBColor(110, 110, 110),
];

/// How far each case is from its bar: 1 is the bar itself, further right is better, on a logarithmic axis.
pub fn ratios(path: &Path, entries: &[Entry]) -> Result<()> {
    let judged: Vec<(String, f64, bool)> = entries.iter().filter_map(judged).collect();
    if judged.is_empty() {
        return Ok(());
    }
    let height = MARGIN + LINE_HEIGHT * u32::try_from(judged.len())?;
    draw(path, height, |area| {
        let low = judged
            .iter()
            .fold(0.5_f64, |low, (_, times, _)| low.min(*times))
            / 1.1;
        let high = judged
            .iter()
            .fold(2.0_f64, |high, (_, times, _)| high.max(*times))
            * 1.1;
        let lines = judged.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .caption(
                "Times the bar (1 = the bar; to the right is better)",
                ("sans-serif", 18),
            )
            .margin(10)
            .x_label_area_size(30)
            .y_label_area_size(300)
            .build_cartesian_2d((low..high).log_scale(), 0.0..lines)?;
        let name = |at: &f64| {
            let line = (lines - at).floor();
            judged
                .get(line as usize)
                .map_or(String::new(), |(name, _, _)| name.clone())
        };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .y_labels(0)
            .x_label_formatter(&|times| format!("{times:.1}"))
            .draw()?;
        for (line, (_, times, met)) in judged.iter().enumerate() {
            let top = lines - line as f64;
            let colour = if *met { MET } else { MISSED };
            let (from, to) = if *times < 1.0 {
                (*times, 1.0)
            } else {
                (1.0, *times)
            };
            chart.draw_series([Rectangle::new(
                [(from, top - 0.2), (to, top - 0.8)],
                colour.filled(),
            )])?;
            let place = chart.backend_coord(&(low, top - 0.5));
            let style = ("sans-serif", 13).into_text_style(area);
            let text = name(&(top - 0.0));
            area.draw(&Text::new(text, (14, place.1 - 7), style))?;
        }
        chart.draw_series(LineSeries::new(
            [(1.0, 0.0), (1.0, lines)],
            BLACK.stroke_width(1),
        ))?;
        Ok(())
    })
}

fn judged(entry: &Entry) -> Option<(String, f64, bool)> {
    let (bar, figure) = (entry.bar?, entry.ratio.unwrap_or(entry.ours));
    let times = match entry.bar_is? {
        Bar::AtLeast => figure / bar,
        Bar::AtMost => bar / figure,
    };
    let name = format!("{}. {} ({})", entry.row, entry.case, entry.unit);
    times.is_finite().then_some((name, times, entry.met?))
}

/// Row 12: every `<what> @<events>` as a line, relative to its first point.
pub fn growth(path: &Path, entries: &[Entry]) -> Result<()> {
    let mut lines: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for entry in entries {
        if let Some((what, events)) = entry.case.split_once(" @")
            && let Ok(events) = events.parse()
        {
            lines.entry(what).or_default().push((events, entry.ours));
        }
    }
    for points in lines.values_mut() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let first = points[0].1;
        points.iter_mut().for_each(|point| point.1 /= first);
    }
    let all = || lines.values().flatten();
    let (Some(least), Some(most)) = (
        all().map(|point| point.0).min_by(f64::total_cmp),
        all().map(|point| point.0).max_by(f64::total_cmp),
    ) else {
        return Ok(());
    };
    let top = all().fold(2.0_f64, |top, point| top.max(point.1)) * 1.1;
    draw(path, 420, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(
                "With more events in the journal, relative to the first point",
                ("sans-serif", 18),
            )
            .margin(10)
            .margin_right(40)
            .x_label_area_size(40)
            .y_label_area_size(50)
            .build_cartesian_2d((least..most).log_scale(), 0.0..top)?;
        chart
            .configure_mesh()
            .x_desc("events in the journal")
            .x_label_formatter(&|events| format!("{events:.0}"))
            .y_label_formatter(&|times| format!("{times:.1}x"))
            .draw()?;
        for (at, (what, points)) in lines.iter().enumerate() {
            let colour = COLOURS[at % COLOURS.len()];
            chart
                .draw_series(
                    LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3),
                )?
                .label(*what)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        Ok(())
    })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(path: &Path, height: u32, paint: impl FnOnce(&Area) -> Drawn) -> Result<()> {
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    let painted = area
        .fill(&WHITE)
        .map_err(Into::into)
        .and_then(|()| paint(&area));
    painted.map_err(|error| anyhow!("drawing {}: {error}", path.display()))?;
    area.present()
        .map_err(|error| anyhow!("writing {}: {error}", path.display()))
}
