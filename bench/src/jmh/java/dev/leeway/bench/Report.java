package dev.leeway.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A run as one HTML file with its charts, for a browser without a network. */
final class Report {

    private static final int RATIO_ROW = 22;

    private final Run run;

    private Report(Run run) {
        this.run = run;
    }

    static void write(Run run, String command, String date, Path file) throws IOException {
        Files.writeString(file, new Report(run).page(command, date));
    }

    private String page(String command, String date) {
        return """
            <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Leeway, measured</title><style>
            body{font:15px/1.45 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}
            table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}td,th{padding:2px 10px;text-align:right;
            border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}
            svg{background:#fafafa;border:1px solid #ddd;margin:4px}
            .good{color:#06702c}.bad{color:#a3261b}code{font-size:13px}</style></head><body>
            <h1>Leeway, measured</h1><p>%s</p><p>Commit %s, %s. <code>%s</code></p><p>%s</p>%s
            <h2>Against others</h2>%s%s<h2>Roofline</h2>%s<h2>Growth</h2>%s<h2>All rows</h2>%s</body></html>
            """.formatted(escape(run.machine().processor() + ", " + run.threads() + " threads, " + run.machine().java()),
            escape(run.machine().commit()), date, escape(command), ceilings(), leftOut(), ratios(), contests(), roofline(),
            growth(), all());
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    private String ceilings() {
        var c = run.ceilings();
        return format("Measured in this run: %.0f GFLOP/s fp32, %.0f GFLOP/s bf16 pairs, %.1f GB/s read, %.1f GB/s copied.", c.fma() * 1e-9,
            c.pairs() * 1e-9, c.read() * 1e-9, c.copy() * 1e-9);
    }

    private String leftOut() {
        return run.leftOut().isEmpty() ? "" : "<p class=bad>Left out:</p><ul>" + run.leftOut().stream()
            .map(line -> "<li>" + escape(line)).collect(Collectors.joining()) + "</ul>";
    }

    private List<Row> paired() {
        return run.rows().stream().filter(row -> row.peer().isPresent()).toList();
    }

    private String contests() {
        var body = paired().stream().map(row -> {
            var peer = row.peer().orElseThrow();
            return format("<tr><td>%s<td>%.4g %s<td>%.4g<td class=%s>%.2f<td>%s<td>%s<td>%s", escape(row.name()), row.median(), row.unit(),
                Row.median(peer.runs()), peer.ratio() >= 1 ? "good" : "bad", peer.ratio(), share(row, "share_of_peak"),
                share(row, "memory_ratio"), escape(peer.version()));
        }).collect(Collectors.joining("\n"));
        return "<table><tr><th>work<th>ours<th>peer<th>times faster<th>of FMA peak<th>memory, ours / peer<th>peer" + body + "</table>";
    }

    private static String share(Row row, String key) {
        return row.number(key).map(value -> format("%.0f %%", 100 * value)).orElse("");
    }

    private String ratios() {
        var svg = new StringBuilder(format("<svg width=1000 height=%d>", paired().size() * RATIO_ROW + 10));
        int y = 4;
        for (var row : paired()) {
            double ratio = row.peer().orElseThrow().ratio();
            svg.append(format("<text x=4 y=%d font-size=12>%s</text><rect x=520 y=%d width=%.0f height=14 fill=%s></rect>", y + 13,
                escape(row.name()), y + 2, Math.min(4, ratio) * 100, ratio >= 1 ? "#2b7" : "#c54"))
                .append(format("<text x=%.0f y=%d font-size=12>%.2f</text>", 525 + Math.min(4, ratio) * 100, y + 13, ratio));
            y += RATIO_ROW;
        }
        return svg.append(format("<line x1=620 x2=620 y1=0 y2=%d stroke=#222 /></svg>", y)).toString();
    }

    private String roofline() {
        var chart = new Chart(620, 380, "FLOP a byte", "GFLOP/s", 0.05, 2000, 0.1, 1000);
        var c = run.ceilings();
        for (double peak : new double[] {c.fma(), c.pairs()}) {
            for (double x = 0.05; peak > 0 && x < 2000; x *= 1.1) {
                double bandwidth = Math.max(c.read(), c.copy());
                chart.segment(x, Math.min(peak, x * bandwidth) * 1e-9, x * 1.1, Math.min(peak, x * 1.1 * bandwidth) * 1e-9);
            }
        }
        for (var row : run.rows()) {
            double flops = row.number("flops").orElse(0.0);
            double bytes = row.number("bytes").orElse(0.0);
            if (row.unit().equals("ns") && flops > 0 && bytes > 0) {
                chart.point(flops / bytes, flops / row.median(), row.name(), row.name().contains("BF16") ? "#b50" : "#06c");
            }
        }
        return "<p>Ops at their shapes (blue fp32, orange bf16) under the ceilings of this processor. What lies above the "
            + "slope worked from a cache.</p>" + chart.svg();
    }

    private String growth() {
        return run.rows().stream().filter(row -> row.details().get("curve") instanceof Map<?, ?>).map(row -> {
            var points = (Map<?, ?>) row.details().get("curve");
            var x = points.keySet().stream().mapToDouble(key -> Double.parseDouble(key.toString())).toArray();
            var y = points.values().stream().mapToDouble(value -> ((Number) value).doubleValue()).toArray();
            var chart = new Chart(320, 240, "", row.unit(), x[0] / 1.5, x[x.length - 1] * 1.5, min(y) / 2, max(y) * 2);
            for (int i = 0; i < x.length; i++) {
                chart.point(x[i], y[i], x[i] + ": " + y[i], "#06c");
                if (i > 0) {
                    chart.segment(x[i - 1], y[i - 1], x[i], y[i]);
                }
            }
            return chart.titled(format("%s: exponent %.2f", row.name(), row.number("exponent").orElse(Double.NaN))).svg();
        }).collect(Collectors.joining("\n"));
    }

    private static double min(double[] values) {
        return java.util.Arrays.stream(values).min().orElse(1);
    }

    private static double max(double[] values) {
        return java.util.Arrays.stream(values).max().orElse(1);
    }

    private String all() {
        var body = run.rows().stream().map(row -> format("<tr><td>%s<td>%.5g %s<td>%s<td>%s<td>%s<td>%s", escape(row.name()), row.median(),
            row.unit(), rate(row, "gflops_per_second"), rate(row, "gigabytes_per_second"), share(row, "share_of_peak"),
                share(row, "share_of_roofline")))
            .collect(Collectors.joining("\n"));
        return "<table><tr><th>row<th>median<th>GFLOP/s<th>GB/s<th>of the peak<th>of the roofline" + body + "</table>";
    }

    private static String rate(Row row, String key) {
        return row.number(key).filter(value -> value > 0).map(value -> format("%.1f", value)).orElse("");
    }
}
