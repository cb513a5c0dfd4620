package dev.leeway.report;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;

/**
 * The ground that curves and clouds are drawn on: two axes with their numbers and lines. Places are per cent of its width and height, so
 * it fills whatever it is given, and its words keep their size.
 *
 * @param x from left to right
 * @param y from below to above
 * @param isLog whether x stands for log2(value + 1), so that its numbers are powers of two
 */
record Plane(Axis x, Axis y, boolean isLog) {

    private static final int NUMBERS = 5;

    /** Refuses what no plane has a place for. */
    static void requireFinite(double x, double y) {
        if (!Double.isFinite(x) || !Double.isFinite(y)) {
            throw LeewayException.usage("a plot has places for finite numbers alone; got x %s, y %s; leave such points out and say so", x,
                y);
        }
    }

    /** Where a value lies, from the left. */
    double across(double value) {
        return x.place(isLog ? log(value) : value);
    }

    /** Where a value lies, from above. */
    double down(double value) {
        return 100 - y.place(value);
    }

    /** Where x is told as a power of two. */
    static double log(double value) {
        if (value < 0) {
            throw LeewayException.usage("a logarithmic axis begins at 0; got %s; draw it on a linear one", value);
        }
        return Math.log(value + 1) / Math.log(2);
    }

    /** What is drawn, between what stands around it. */
    String html(String label, String nameOfX, String nameOfY, String drawing) {
        return "<p class=\"soft\">" + Markup.escaped(nameOfY) + "</p>\n<svg class=\"plane\" role=\"img\" aria-label=\""
            + Markup.escaped(label)
            + "\">" + ground() + drawing + "</svg>\n<p class=\"soft under\">" + Markup.escaped(nameOfX) + "</p>\n";
    }

    private String ground() {
        var svg = new StringBuilder();
        for (double tick : y.ticks()) {
            double place = 100 - y.place(tick);
            svg.append(Markup.format("<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.3f%%\" y2=\"%.3f%%\"/>", place, place));
            svg.append(Markup.format("<text x=\"-8\" y=\"%.3f%%\" dy=\".35em\" text-anchor=\"end\">%s</text>", place, y.text(tick)));
        }
        for (double tick : isLog ? powers() : x.ticks()) {
            double place = across(tick);
            svg.append(Markup.format("<line class=\"grid\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"0\" y2=\"100%%\"/>", place, place));
            svg.append(Markup.format("<text x=\"%.3f%%\" y=\"100%%\" dy=\"1.4em\" text-anchor=\"middle\">%s</text>", place,
                isLog ? Markup.format("%.0f", tick) : x.text(tick)));
        }
        return svg.toString();
    }

    /** 0, and no more powers of two than have room. */
    private List<Double> powers() {
        int most = (int) Math.floor(Math.log(Math.max(1, Math.pow(2, x.most()) - 1)) / Math.log(2) + 1e-9);
        int stride = most / NUMBERS + 1;
        var numbers = new ArrayList<Double>();
        numbers.add(0.0);
        for (int power = most % stride; power <= most; power += stride) {
            numbers.add(Math.pow(2, power));
        }
        return numbers;
    }
}
