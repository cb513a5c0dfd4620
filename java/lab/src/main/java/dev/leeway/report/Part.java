package dev.leeway.report;

/** A piece of a page. */
public sealed interface Part permits Paragraph, Facts, Table, Code, Fold, DotPlot, LinePlot, HeatMap, ScatterPlot {

    /** Its elements; the same data gives the same bytes. */
    String html();
}
