package dev.leeway.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.report.DotPlot.Dot;
import dev.leeway.report.Table.Column;
import dev.leeway.stats.Interval;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

final class PageTest {

    private static final DotPlot PLOT = new DotPlot("a <plot>", List.of(
        new Dot("one & two", 0, OptionalDouble.of(0.25), Optional.of(new Interval(0.125, 0.5)), "0.25"),
        new Dot("three", 7, OptionalDouble.empty(), Optional.empty(), "all answers are missing")));

    private static Document parsed(Part part) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new InputSource(new StringReader("<root>" + part.html() + "</root>")));
    }

    @Test
    void everyPartIsWellFormedWhateverItsTextSays() throws Exception {
        var hostile = "</p><script>\"&'";
        var table = new Table(List.of(Column.text(hostile), Column.number("n")), List.of(List.of(hostile, "1")));
        var parts = List.of(new Paragraph(hostile), new Code(hostile), new Facts(new LinkedHashMap<>(Map.of(hostile, hostile))), table,
            PLOT, new Fold(hostile, List.of(table)), new DotPlot(hostile, List.of()),
            new LinePlot(hostile, hostile, hostile,
                List.of(new LinePlot.Line(hostile, List.of(new LinePlot.Point(1, 2, Optional.empty()))))),
            new LinePlot(hostile, hostile, hostile, List.of()), new ScatterPlot(hostile, hostile, hostile, List.of(
            new ScatterPlot.Dot(hostile, 0, 1, 2)), true), new ScatterPlot(hostile, hostile, hostile, List.of(), false),
            new HeatMap(hostile, List.of(hostile), List.of(hostile), List.of(List.of(Optional.of(0.5))), 0, 1));
        for (var part : parts) {
            assertEquals(0, parsed(part).getElementsByTagName("script").getLength());
        }
        assertEquals(hostile, parsed(table).getElementsByTagName("td").item(0).getTextContent());
    }

    @Test
    void aDotLiesAtItsShareOfTheAxisAndAMissingValueHasNone() throws Exception {
        var drawn = parsed(PLOT);
        assertEquals(1, drawn.getElementsByTagName("circle").getLength());
        assertTrue(PLOT.html().contains("<circle cx=\"25.000%\""), PLOT.html());
        assertTrue(PLOT.html().contains("<line class=\"interval\" x1=\"12.500%\" x2=\"50.000%\""), PLOT.html());
        assertTrue(PLOT.html().contains("class=\"row c1\""), "the seventh colour is the first but one again");
    }

    @Test
    void anAxisOfSharesIsFromZeroToOneAndOthersEndAtRoundNumbers() {
        assertEquals(List.of(0.0, 0.25, 0.5, 0.75, 1.0), Axis.of(List.of(0.4, 0.6)).ticks());
        assertEquals(new Axis(-4, 6, 2), Axis.of(List.of(-3.0, 5.0)));
        assertEquals(List.of(-4.0, -2.0, 0.0, 2.0, 4.0, 6.0), Axis.of(List.of(-3.0, 5.0)).ticks());
        assertEquals("2.5", Axis.of(List.of(-3.0, 7.0)).text(2.5));
        assertEquals("0.25", Axis.of(List.of(0.4)).text(0.25));
        assertEquals("0.05", Axis.of(List.of(0.9, 1.1)).text(0.05));
        assertEquals(new Axis(0, 0.04, 0.01), Axis.of(List.of(0.02, 0.04)), "small shares fill theirs, from 0");
        assertEquals(List.of(20.0, 40.0), Axis.between(List.of(1.0, 50.0)).ticks());
        assertEquals(100, Axis.between(List.of(1.0, 50.0)).place(50), 1e-12, "ulps of a percentage");
        for (double only : new double[] {7, -7, 0, 1e-9, 1e12, -0.5}) {
            var axis = Axis.of(List.of(only));
            assertTrue(axis.least() <= only && only <= axis.most() && axis.least() < axis.most(), axis.toString());
            assertTrue(axis.ticks().size() > 1 && axis.ticks().size() < 12, axis.toString());
        }
    }

    @Test
    void aPageIsOneFileThatLoadsNothingAndIsTheSameTwice() {
        var page = new Page("a & b", List.of(new Paragraph("lead")), List.of(new Section("first", List.of(PLOT)), new Section("second",
            List.of())));
        assertEquals(page.html(), page.html());
        assertFalse(page.html().contains("<script") || page.html().contains("http") || page.html().contains("url("), page.html());
        for (var piece : List.of("<title>a &amp; b</title>", "<a href=\"#s1\">second</a>", "<section id=\"s1\">", "width=device-width",
            "prefers-color-scheme: dark")) {
            assertTrue(page.html().contains(piece), piece);
        }
    }

    @Test
    void aRowOfAnotherWidthThanItsTableIsRefused() {
        var failure = assertThrows(LeewayException.class, () -> new Table(List.of(Column.text("a")), List.of(List.of("1", "2"))));
        assertEquals("a row has 2 texts and the table 1 columns; give one a column: [1, 2]", failure.getMessage());
    }
}
