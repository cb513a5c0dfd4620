package dev.leeway.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A horizontal axis: what lies at its ends, and the round numbers between.
 *
 * @param least at its left end
 * @param most at its right end
 * @param step from one round number to the next
 */
record Axis(double least, double most, double step) {

    private static final int STEPS = 4;
    /** Of a step, by which rounding may miss a tick. */
    private static final double TINY = 1e-6;
    /** A greatest share below this would leave most of an axis that ends at 1 empty. */
    private static final double LARGE = 0.25;

    /** From 0 to 1 where all values are shares, from 0 where they are small ones, else from round number to round number around them. */
    static Axis of(List<Double> values) {
        double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        if (least >= 0 && most <= 1 && most >= LARGE) {
            return new Axis(0, 1, 0.25);
        }
        return around(least >= 0 && most < LARGE ? 0 : least, most);
    }

    /** From the least to the most, with the round numbers that lie between. */
    static Axis between(List<Double> values) {
        double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        return most > least ? new Axis(least, most, around(least, most).step()) : around(least, most);
    }

    /** With 0 on it and room on either side, from round number to round number. */
    static Axis aroundZero(List<Double> values) {
        double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        var axis = around(Math.min(0, least), Math.max(0, most));
        return new Axis(least < 0 ? axis.least() : -axis.step(), most > 0 ? axis.most() : axis.step(), axis.step());
    }

    private static Axis around(double least, double most) {
        double step = round(most > least ? (most - least) / STEPS : Math.max(Math.abs(most), 1) / STEPS);
        return new Axis(Math.floor(least / step) * step, Math.max(Math.ceil(most / step), Math.floor(least / step) + 1) * step, step);
    }

    /** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
    private static double round(double width) {
        double power = Math.pow(10, Math.floor(Math.log10(width)));
        for (double factor : new double[] {1, 2, 2.5, 5}) {
            if (width <= factor * power * (1 + 1e-12)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** The round numbers on it. */
    List<Double> ticks() {
        var ticks = new ArrayList<Double>();
        long first = (long) Math.ceil(least / step - TINY);
        long last = (long) Math.floor(most / step + TINY);
        for (long i = first; i <= last; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    /** Where a value lies, in per cent of its length. */
    double place(double value) {
        return 100 * (value - least) / (most - least);
    }

    /** A tick as it is written: no more digits than the step has. */
    String text(double tick) {
        int digits = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
        boolean needsMore = Math.abs(step * Math.pow(10, digits) - Math.rint(step * Math.pow(10, digits))) > 1e-9;
        return Markup.format("%." + (digits + (needsMore ? 1 : 0)) + "f", tick == 0 ? 0.0 : tick); // no −0
    }
}
