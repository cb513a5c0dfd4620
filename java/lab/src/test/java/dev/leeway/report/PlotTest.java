package dev.leeway.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.report.LinePlot.Line;
import dev.leeway.report.LinePlot.Point;
import dev.leeway.report.ScatterPlot.Dot;
import dev.leeway.stats.Interval;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PlotTest {

    private static Point point(double x, double y) {
        return new Point(x, y, Optional.empty());
    }

    private static Point point(double x, double y, double around) {
        return new Point(x, y, Optional.of(new Interval(y - around, y + around)));
    }

    private static void contains(Part part, String... pieces) {
        for (var piece : pieces) {
            assertTrue(part.html().contains(piece), piece + " in " + part.html());
        }
    }

    @Test
    void aCurveRunsThroughItsPointsInTheBandOfItsIntervals() {
        var plot = new LinePlot("loss", "step", "nats", List.of(new Line("one", List.of(point(0, 0, 1), point(10, 4, 1), point(20, 2)))));
        // y from −1 to 5 is drawn from −2 to 6, so that 0 lies at 3/4 from above, 4 at 1/4, and an interval of ±1 spans 2/8
        contains(plot, "<polyline class=\"stroke\" points=\"0.000,75.000 50.000,25.000 100.000,50.000\"/>",
            "<polygon class=\"band\" points=\"0.000,62.500 50.000,12.500 50.000,37.500 0.000,87.500\"/>",
            "<circle cx=\"50.000%\" cy=\"25.000%\" r=\"3\"><title>one: 4 at 10 (3 to 5)</title>", "aria-label=\"loss\"", ">nats</p>",
            ">step</p>", "</svg>one</li>");
    }

    @Test
    void bandsEndWhereIntervalsDoAndOneAloneIsALine() {
        var broken = new LinePlot("a", "x", "y", List.of(new Line("l", List.of(point(0, 1, 1), point(1, 1, 1), point(2, 1), point(3, 1, 1),
            point(4, 1, 1)))));
        assertEquals(2, count(broken, "<polygon"));
        var alone = new LinePlot("a", "x", "y", List.of(new Line("l", List.of(point(3, 0.5, 0.25)))));
        contains(alone, "<line class=\"interval\" x1=\"50.000%\" x2=\"50.000%\" y1=\"75.000%\" y2=\"25.000%\"/>".replace("50.000%",
            place(alone)));
    }

    private static String place(LinePlot plot) {
        var html = plot.html();
        int at = html.indexOf("<circle cx=\"") + "<circle cx=\"".length();
        return html.substring(at, html.indexOf('"', at));
    }

    private static int count(Part part, String piece) {
        return part.html().split(piece, -1).length - 1;
    }

    @Test
    void aLogarithmicAxisBeginsAtZeroAndDoublesFromThere() {
        var plot = LinePlot.log("drift", "step", "score", List.of(new Line("one", List.of(point(0, 0.5), point(1, 0.5), point(3, 0.5),
            point(15, 0.5)))));
        contains(plot, "points=\"0.000,50.000 25.000,50.000 50.000,50.000 100.000,50.000\"", ">0</text>", ">8</text>");
        var far = LinePlot.log("drift", "step", "score", List.of(new Line("one", List.of(point(0, 1), point(100_000, 2)))));
        assertTrue(count(far, "dy=\"1.4em\"") <= 7, "no more numbers than have room on a telephone: " + far.html());
        assertEquals("a logarithmic axis begins at 0; got -1.0; draw it on a linear one", assertThrows(LeewayException.class,
            () -> LinePlot.log("a", "x", "y", List.of(new Line("l", List.of(point(-1, 1))))).html()).getMessage());
    }

    @Test
    void theSeventhLineHasTheFirstColourAndIsBroken() {
        var plot = new LinePlot("a", "x", "y", Collections.nCopies(7, new Line("l", List.of(point(0, 1), point(1, 2)))));
        contains(plot, "<g class=\"c0 d0\">", "<g class=\"c5 d0\">", "<g class=\"c0 d1\">");
    }

    @Test
    void aLineOfManyPointsHasNoDots() {
        var points = IntStream.range(0, 41).mapToObj(i -> point(i, i)).toList();
        assertEquals(0, count(new LinePlot("a", "x", "y", List.of(new Line("l", points))), "<circle"));
        assertEquals(40, count(new LinePlot("a", "x", "y", List.of(new Line("l", points.subList(1, 41)))), "<circle"));
    }

    @Test
    void whatHasNoPlaceIsRefused() {
        assertTrue(assertThrows(LeewayException.class, () -> point(1, Double.NaN)).getMessage().startsWith(
            "a plot has places for finite numbers alone; got x 1.0, y NaN"));
        assertThrows(LeewayException.class, () -> point(0, 1, Double.POSITIVE_INFINITY));
        assertThrows(LeewayException.class, () -> new Dot("a", 0, Double.NEGATIVE_INFINITY, 0));
    }

    @Test
    void cloudsAreNumberedAsInTheirListAndTheDiagonalIsWhereBothAreTheSame() {
        var plot = new ScatterPlot("errors", "plain", "warm", List.of(new Dot("one & two", 0, 0.25, 0.5), new Dot("three", 1, 1, 0)), true);
        contains(plot, "<figure class=\"square\">", "<g class=\"c0 d0\"><circle cx=\"25.000%\" cy=\"50.000%\" r=\"4\">",
            "<circle cx=\"100.000%\" cy=\"100.000%\"", "<li class=\"c0 d0\">one &amp; two (0.25, 0.5)</li>", "text-anchor=\"end\">2</text>",
            "<line class=\"soft\" x1=\"0\" y1=\"100%\" x2=\"100%\" y2=\"0\"/>");
        assertEquals(0, count(new ScatterPlot("a", "x", "y", plot.dots(), false), "class=\"soft\" x1"));
        var wide = new ScatterPlot("a", "x", "y", List.of(new Dot("a", 0, 0, 10), new Dot("b", 0, 1, 20)), true);
        contains(wide, "<circle cx=\"0.000%\" cy=\"50.000%\"");
    }

    @Test
    void aCrowdHasNoNumbersAndItsListIsFolded() {
        var crowd = new ScatterPlot("a", "x", "y", Collections.nCopies(41, new Dot("d", 0, 0, 0)), false);
        contains(crowd, "<summary>41 dots</summary>");
        assertEquals(0, count(crowd, "dx=\"6\""));
    }

    @Test
    void heatIsAShareOfTheRangeAndTurnsAtZero() {
        var shares = new HeatMap("rates", List.of("r"), List.of("a", "b", "c"), List.of(List.of(Optional.of(0.5), Optional.empty(),
            Optional.of(7.0))), 0, 1);
        contains(shares, "<td class=\"number c0\" style=\"--share:25%\">0.50</td>", "<td class=\"number\">–</td>",
            "style=\"--share:50%\">7.00</td>", "<th>r</th>", "<caption class=\"soft\">rates</caption>");
        var around = new HeatMap("drift", List.of("r"), List.of("a", "b", "c"), List.of(List.of(Optional.of(-1.0), Optional.of(2.0),
            Optional.of(-0.001))), -2, 2);
        contains(around, "<td class=\"number c1\" style=\"--share:25%\">-1.00</td>",
            "<td class=\"number c0\" style=\"--share:50%\">2.00</td>", "style=\"--share:0%\">0.00</td>");
    }

    @Test
    void aHeatMapWhoseCellsDontFitIsRefused() {
        assertEquals("m has 1 rows and 2 columns, and cells for rows of [1]; give each row one a column", assertThrows(
            LeewayException.class, () -> new HeatMap("m", List.of("r"), List.of("a", "b"),
                List.of(List.of(Optional.of(1.0))), 0, 1)).getMessage());
        assertEquals("the colours of m need a range; got 1.0 to 1.0", assertThrows(LeewayException.class,
            () -> new HeatMap("m", List.of(), List.of(), List.of(), 1, 1)).getMessage());
    }

    @Test
    void differencesLieAroundALineAtZeroAndOthersFindingsAreDiamonds() {
        var plot = new DotPlot("contrasts", List.of(new DotPlot.Dot("a", 0, OptionalDouble.of(0.5), Optional.of(new Interval(0, 1)), "+0.5",
            OptionalDouble.of(0.25)), new DotPlot.Dot("b", 0, OptionalDouble.of(1), Optional.empty(), "+1")), true);
        // from −0.25, a step's room below 0, to 1
        contains(plot, "<line class=\"zero\" x1=\"20.000%\" x2=\"20.000%\"", "<svg x=\"40.000%\" y=\"12\"><path class=\"other\"",
            "<circle cx=\"60.000%\"");
        assertEquals(1, count(plot, "class=\"other\""));
        assertEquals(new Axis(-0.25, 0.25, 0.25), Axis.aroundZero(List.of(0.0)));
        assertEquals(new Axis(-0.4, 0.1, 0.1), Axis.aroundZero(List.of(-0.4, -0.2)));
    }

    @Test
    void theSameDataGivesTheSameBytes() {
        var plot = LinePlot.log("a", "x", "y", List.of(new Line("l", List.of(point(0, 1, 2), point(7, 3)))));
        assertEquals(plot.html(), plot.html());
        assertFalse(plot.html().contains("NaN"), plot.html());
    }
}
