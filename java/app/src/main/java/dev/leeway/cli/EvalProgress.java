package dev.leeway.cli;

import dev.leeway.eval.RunListener;
import dev.leeway.io.JsonFile;
import dev.leeway.judge.JudgeCounts;
import dev.leeway.train.StopRequest;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** Tells how far an evaluation is, when it will be done, and what its judges took. */
final class EvalProgress implements RunListener {

    private static final double SECONDS_BETWEEN = 5;

    private final PrintWriter err;
    private final StopRequest stop;
    private final Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final long begin = System.nanoTime();
    private double toldAt = -SECONDS_BETWEEN;
    private String toldOf = "";
    private Progress last = new Progress("", "", 0, 0, 0, 0, JudgeCounts.NONE);

    EvalProgress(PrintWriter err, StopRequest stop) {
        this.err = err;
        this.stop = stop;
    }

    @Override
    public void began(List<String> damaged) {
        damaged.forEach(place -> err.println("  damaged   " + place + " is not what was written; what it held is asked again"));
    }

    @Override
    public void progressed(Progress progress) {
        last = progress;
        double seconds = seconds();
        var of = progress.subject() + " on " + progress.benchmark();
        if ((seconds - toldAt >= SECONDS_BETWEEN || !of.equals(toldOf)) && progress.done() < progress.total()) {
            toldAt = seconds;
            toldOf = of;
            err.println("  " + text(seconds));
            err.flush();
        }
    }

    private String text(double seconds) {
        var speed = last.scored() == 0 ? "" : String.format(Locale.ROOT, ", %.1f a second, ETA %s", last.scored() / seconds,
            Figures.duration((last.total() - last.done()) * seconds / last.scored()));
        return String.format(Locale.ROOT, "%s on %s: %,d of %,d answers%s%s", last.subject(), last.benchmark(), last.done(), last.total(),
            speed, judges());
    }

    private String judges() {
        var judges = last.judges();
        return judges.asked() == 0 ? "" : String.format(Locale.ROOT, "; judge: %,d questions (%,d from its cache, %,d without an answer), "
            + "%,d calls, %,d tokens", judges.asked(), judges.fromCache(), judges.missing(), judges.calls(), judges.promptTokens()
            + judges.completionTokens());
    }

    @Override
    public boolean isToStop() {
        return stop.isRequested();
    }

    private double seconds() {
        return (System.nanoTime() - begin) * 1e-9;
    }

    /** How far it came. */
    String summary() {
        return String.format(Locale.ROOT, "%,d of %,d answers, %,d of them now, in %s%s", last.done(), last.total(), last.scored(),
            Figures.duration(seconds()), judges());
    }

    /** The same for programs. */
    ObjectNode json(int batchSize) {
        double seconds = seconds();
        var judges = last.judges();
        return JsonFile.newObject().put("started", started.toString()).put("seconds", seconds).put("batch_size", batchSize)
            .put("asked", last.asked()).put("scored", last.scored()).put("answers_per_second", last.scored() / seconds)
            .put("judge_questions", judges.asked()).put("judge_from_cache", judges.fromCache()).put("judge_calls", judges.calls())
            .put("judge_tokens", judges.promptTokens() + judges.completionTokens());
    }
}
