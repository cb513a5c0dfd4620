package dev.leeway.bench;

import java.util.Locale;

/** Points and lines on two logarithmic axes, as SVG. */
final class Chart {

    private static final int LEFT = 54;
    private static final int BOTTOM = 34;
    private static final int TOP = 20;

    private final int width;
    private final int height;
    private final double[] x;
    private final double[] y;
    private final StringBuilder body = new StringBuilder();
    private String title = "";

    Chart(int width, int height, String across, String up, double... limits) {
        this.width = width;
        this.height = height;
        x = new double[] {Math.log10(limits[0]), Math.log10(limits[1])};
        y = new double[] {Math.log10(limits[2]), Math.log10(limits[3])};
        for (int power = (int) Math.ceil(x[0]); power <= x[1]; power++) {
            tick(Math.pow(10, power), Math.pow(10, y[0]), 0, 14, power);
        }
        for (int power = (int) Math.ceil(y[0]); power <= y[1]; power++) {
            tick(Math.pow(10, x[0]), Math.pow(10, power), -40, 4, power);
        }
        text(width - 8 * across.length() - 8, height - 4, across);
        text(2, 12, up);
    }

    private void tick(double atX, double atY, int dx, int dy, int power) {
        text(px(atX) + dx, py(atY) + dy, "1e" + power);
    }

    private void text(double left, double top, String words) {
        body.append(String.format(Locale.ROOT, "<text x=%.0f y=%.0f font-size=11>%s</text>", left, top, words));
    }

    Chart titled(String words) {
        title = words;
        return this;
    }

    void point(double atX, double atY, String label, String colour) {
        body.append(String.format(Locale.ROOT, "<circle cx=%.1f cy=%.1f r=3 fill=%s><title>%s</title></circle>", px(atX), py(atY), colour,
            label));
    }

    void segment(double fromX, double fromY, double toX, double toY) {
        body.append(String.format(Locale.ROOT, "<line x1=%.1f y1=%.1f x2=%.1f y2=%.1f stroke=#888 />", px(fromX), py(fromY), px(toX),
            py(toY)));
    }

    private double px(double value) {
        return LEFT + (Math.log10(value) - x[0]) / (x[1] - x[0]) * (width - LEFT - 8);
    }

    private double py(double value) {
        return height - BOTTOM - (Math.log10(value) - y[0]) / (y[1] - y[0]) * (height - BOTTOM - TOP);
    }

    String svg() {
        return String.format(Locale.ROOT, "<svg width=%d height=%d>%s<text x=%d y=13 font-size=12>%s</text></svg>", width, height, body,
            LEFT, title);
    }
}
