package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.train.StepListener;
import dev.leeway.train.StepReport;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The log of a run: every step as a JSON object in {@code metrics.jsonl}, and progress lines. On a terminal a line is overwritten by the
 * next one until {@code logging_steps} have passed.
 */
final class RunLog implements StepListener, AutoCloseable {

    private final PrintWriter out;
    private final int loggingSteps;
    private final boolean live;
    private final BufferedWriter metrics;
    private final Path file;
    private final long begin = System.nanoTime();
    private final List<StepReport> reports = new ArrayList<>();
    private long tokens;
    private double seconds;
    private long shownTokens;
    private double shownSeconds;
    private int shownWidth;

    RunLog(Path file, PrintWriter out, int loggingSteps) {
        this.file = file;
        this.out = out;
        this.loggingSteps = loggingSteps;
        this.live = System.console() != null && System.console().isTerminal();
        try {
            metrics = Files.newBufferedWriter(file);
        } catch (IOException failure) {
            throw cannotWrite(failure);
        }
    }

    @Override
    public void stepDone(StepReport report) {
        reports.add(report);
        tokens += report.tokens();
        seconds += report.seconds();
        write(report);
        boolean due = report.step() == 1 || report.step() % loggingSteps == 0 || report.step() == report.totalSteps();
        if (due || live) {
            show(report, due);
        }
    }

    private void write(StepReport report) {
        var json = JsonFile.newObject().put("step", report.step()).put("epoch", report.epoch()).put("loss", report.loss())
            .put("learning_rate", report.learningRate()).put("grad_norm", report.gradientNorm()).put("num_tokens", tokens)
            .put("num_trained_tokens", report.trainedTokens()).put("step_seconds", report.seconds())
            .put("tokens_per_second", report.tokens() / report.seconds());
        report.metrics().forEach(json::put);
        try {
            metrics.write(json.toString());
            metrics.newLine();
            metrics.flush();
        } catch (IOException failure) {
            throw cannotWrite(failure);
        }
    }

    private void show(StepReport report, boolean keep) {
        double perSecond = (tokens - shownTokens) / (seconds - shownSeconds);
        double left = (report.totalSteps() - report.step()) * seconds / reports.size();
        var line = String.format(Locale.ROOT, "step %d/%d  loss %s  lr %s  grad %.2f  tok/s %s  ETA %s", report.step(), report.totalSteps(),
            Figures.loss(report.loss()), Figures.rate(report.learningRate()), report.gradientNorm(), Figures.count(Math.round(perSecond)),
            Figures.duration(left));
        var blank = " ".repeat(Math.max(0, shownWidth - line.length()));
        if (keep) {
            out.println((live ? "\r" : "") + line + blank);
            shownTokens = tokens;
            shownSeconds = seconds;
            shownWidth = 0;
        } else {
            out.print("\r" + line + blank);
            shownWidth = line.length();
        }
        out.flush();
    }

    /** What the run came to. Single steps differ by their rows, so the ends are means over a tenth of the steps. */
    String summary() {
        int end = Math.max(1, reports.size() / 10);
        return String.format(Locale.ROOT, "%d steps in %s, mean loss %s in the first %d → %s in the last %d", reports.size(),
            Figures.duration((System.nanoTime() - begin) * 1e-9), Figures.loss(mean(reports.subList(0, end))), end,
            Figures.loss(mean(reports.subList(reports.size() - end, reports.size()))), end);
    }

    /** Mean loss a trained token. */
    private static double mean(List<StepReport> reports) {
        return reports.stream().mapToDouble(report -> report.loss() * report.trainedTokens()).sum()
            / reports.stream().mapToLong(StepReport::trainedTokens).sum();
    }

    @Override
    public void close() {
        try {
            metrics.close();
        } catch (IOException failure) {
            throw cannotWrite(failure);
        }
    }

    private LeewayException cannotWrite(IOException failure) {
        return LeewayException.resources(failure, "cannot write %s: %s", file, failure.getMessage());
    }
}
