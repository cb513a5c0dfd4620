package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Statistic;
import dev.leeway.io.AppendLog;
import dev.leeway.io.JsonFile;
import dev.leeway.train.EvaluationReport;
import dev.leeway.train.RunState;
import dev.leeway.train.StepListener;
import dev.leeway.train.StepReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The log of a run: every step as a JSON object in {@code metrics.jsonl}, its time in {@code timings.jsonl}, and progress lines. What is in
 * the metrics is decided by the seed, so the same run writes the same bytes, however often it is stopped and goes on. On a terminal a
 * progress line is overwritten by the next one until {@code logging_steps} have passed.
 */
final class RunLog implements StepListener, AutoCloseable {

    static final String METRICS = "metrics.jsonl";
    static final String TIMINGS = "timings.jsonl";
    private static final String EVAL = "eval_";
    /** What progress lines show of the objective's metrics, and what they call it. */
    private static final SequencedMap<String, String> SHOWN = shown();

    private final PrintWriter out;
    private final int loggingSteps;
    private final boolean live;
    private final AppendLog metrics;
    private final AppendLog timings;
    private final Optional<TensorBoardEvents> board;
    private final Path folder;
    private final Metrics.Mean mean;
    private final long begin = System.nanoTime();
    private long tokens;
    private long stepsHere;
    private double seconds;
    private long shownTokens;
    private double shownSeconds;
    private int shownWidth;
    private final SequencedMap<String, Double> profile = new LinkedHashMap<>();

    private RunLog(Path folder, Optional<RunState> resumed, Metrics.Mean mean, PrintWriter out, int loggingSteps,
        Optional<Path> tensorBoard) {
        this.folder = folder;
        this.mean = mean;
        this.out = out;
        this.loggingSteps = loggingSteps;
        this.live = StandardOutput.isTerminal();
        metrics = AppendLog.open(folder.resolve(METRICS), resumed.map(RunState::logBytes).orElse(0L));
        var times = folder.resolve(TIMINGS);
        timings = AppendLog.open(times, resumed.map(run -> bytesOfLines(times, run.step())).orElse(0L));
        tokens = resumed.isEmpty() ? 0 : Metrics.read(folder.resolve(METRICS), mean).tokens();
        shownTokens = tokens;
        board = tensorBoard.map(runs -> TensorBoardEvents.create(runs, System.currentTimeMillis()));
    }

    private static SequencedMap<String, String> shown() {
        var words = new LinkedHashMap<String, String>();
        words.put("rewards/accuracies", "acc");
        words.put("rewards/margins", "margin");
        words.put("accuracy", "acc");
        words.put("margin", "margin");
        words.put("reward", "reward");
        words.put("kl", "kl");
        words.put("completions/mean_length", "length");
        return Collections.unmodifiableSequencedMap(words);
    }

    /** The log of a run that goes on from a checkpoint, if any, without later lines; {@code tensorBoard} is the folder of its events. */
    static RunLog open(Path folder, Optional<RunState> resumed, Metrics.Mean mean, PrintWriter out, int loggingSteps,
        Optional<Path> tensorBoard) {
        return new RunLog(folder, resumed, mean, out, loggingSteps, tensorBoard);
    }

    /** Times are for people to look at: where they were lost they begin anew, and the run goes on. */
    private static long bytesOfLines(Path file, int lines) {
        try {
            var bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            int end = 0;
            int found = 0;
            for (int i = 0; i < bytes.length && found < lines; i++) {
                if (bytes[i] == '\n') {
                    found++;
                    end = i + 1;
                }
            }
            return found == lines ? end : 0;
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "cannot read %s: %s", file, unreadable.getMessage());
        }
    }

    @Override
    public void stepDone(StepReport report) {
        stepsHere++;
        tokens += report.tokens();
        seconds += report.seconds();
        write(report);
        boolean due = report.step() == 1 || report.step() % loggingSteps == 0 || report.step() == report.totalSteps();
        if (due || live) {
            show(report, due);
        }
    }

    /** Where a run stands: how many steps are behind it, and how many epochs. */
    record Behind(int step, int totalSteps, double epoch) {
    }

    /**
     * How a model does that has so many steps behind it.
     *
     * @param reports what the objective says of rows that are not trained on, by what their metrics begin with
     * @param answers what answers to questions say, by benchmark and measure; a measure that every answer lacks is null in the log
     */
    void evaluated(Behind behind, SequencedMap<String, EvaluationReport> reports, SequencedMap<String, Statistic> answers) {
        int step = behind.step();
        var json = JsonFile.newObject().put("step", step).put("epoch", behind.epoch());
        var scalars = new TreeMap<String, Double>();
        var text = new StringBuilder();
        reports.forEach((prefix, report) -> {
            json.put(prefix + "loss", report.loss());
            scalars.put("eval/" + prefix.substring(EVAL.length()) + "loss", report.loss());
            new TreeMap<>(report.metrics()).forEach((name, value) -> {
                json.put(prefix + name, value);
                scalars.put("eval/" + prefix.substring(EVAL.length()) + name, value);
            });
            text.append("  ").append(prefix).append("loss ").append(Figures.loss(report.loss())).append(preferences(report.metrics()));
        });
        answers.forEach((name, answer) -> {
            answer.value().ifPresentOrElse(value -> {
                json.put(EVAL + name, value);
                scalars.put("eval/" + name, value);
            }, () -> json.putNull(EVAL + name));
            text.append("  ").append(EVAL).append(name).append(' ').append(text(answer));
        });
        metrics.append(json);
        board.ifPresent(events -> events.scalars(System.currentTimeMillis(), step, scalars));
        note(out, String.format(Locale.ROOT, "step %d/%d%s", step, behind.totalSteps(), text));
        out.flush();
    }

    private static String text(Statistic answer) {
        return (answer.value().isPresent() ? String.format(Locale.ROOT, "%.3f", answer.value().getAsDouble()) : "none")
            + (answer.missing() > 0 ? " (" + answer.missing() + " missing)" : "");
    }

    /** How far the better answers are ahead, where there are some. */
    private static String preferences(Map<String, Double> metrics) {
        var text = new StringBuilder();
        SHOWN.forEach((name, word) -> {
            if (metrics.containsKey(name)) {
                text.append(String.format(Locale.ROOT, "  %s %.3f", word, metrics.get(name)));
            }
        });
        return text.toString();
    }

    private void write(StepReport report) {
        var json = JsonFile.newObject().put("step", report.step()).put("epoch", report.epoch()).put("loss", report.loss())
            .put("learning_rate", report.learningRate()).put("grad_norm", report.gradientNorm()).put("num_tokens", tokens)
            .put("num_trained_tokens", report.trainedTokens());
        new TreeMap<>(report.metrics()).forEach(json::put);
        metrics.append(json);
        var scalars = new TreeMap<>(Map.of("train/loss", report.loss(), "train/learning_rate", report.learningRate(), "train/grad_norm",
            report.gradientNorm(), "train/epoch", report.epoch()));
        report.metrics().forEach((name, value) -> scalars.put("train/" + name, value));
        board.ifPresent(events -> events.scalars(System.currentTimeMillis(), report.step(), scalars));
        var times = JsonFile.newObject().put("step", report.step()).put("step_seconds", report.seconds())
            .put("tokens_per_second", report.tokens() / report.seconds());
        profile.forEach(times::put);
        timings.append(times);
        board.filter(_ -> !profile.isEmpty()).ifPresent(events -> events.scalars(System.currentTimeMillis(), report.step(),
            new TreeMap<>(profile)));
        profile.clear();
    }

    private void show(StepReport report, boolean keep) {
        double perSecond = (tokens - shownTokens) / (seconds - shownSeconds);
        double left = (report.totalSteps() - report.step()) * seconds / stepsHere;
        var line = String.format(Locale.ROOT, "step %d/%d  loss %s%s  lr %s  grad %.2f  tok/s %s  ETA %s", report.step(),
            report.totalSteps(), Figures.loss(report.loss()), preferences(report.metrics()), Figures.rate(report.learningRate()),
            report.gradientNorm(), Figures.count(Math.round(perSecond)), Figures.duration(left));
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

    /** Adds what was measured of the step under way to its line in {@code timings.jsonl}. */
    void measured(String name, double value) {
        profile.put(name, value);
    }

    /** Prints lines between the progress lines. */
    void show(String lines) {
        note(out, lines);
        out.flush();
    }

    /** A sentence between the progress lines. */
    void note(PrintWriter err, String sentence) {
        if (shownWidth > 0) {
            out.print("\r" + " ".repeat(shownWidth) + "\r");
            out.flush();
            shownWidth = 0;
        }
        err.println(sentence);
    }

    /** What the run came to so far. */
    Metrics soFar() {
        return Metrics.read(folder.resolve(METRICS), mean);
    }

    /** What the run came to. Single steps differ by their rows, so the ends are means over a tenth of the steps. */
    String summary() {
        return soFar().summary() + ", in " + Figures.duration((System.nanoTime() - begin) * 1e-9);
    }

    /** The file that a checkpoint records the length of. */
    AppendLog metrics() {
        return metrics;
    }

    @Override
    public void close() {
        try (metrics; timings) {
            board.ifPresent(TensorBoardEvents::close);
        }
    }
}
