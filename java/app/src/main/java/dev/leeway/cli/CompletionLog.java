package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.AppendLog;
import dev.leeway.io.JsonFile;
import dev.leeway.reward.Answers;
import dev.leeway.train.RolloutListener;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Every completion of a run as a JSON object in {@code completions.jsonl}, and what drawing and rewarding took in the log's timings. A run
 * that goes on keeps the rollouts that were drawn for the steps behind it, so the same run writes the same bytes, however often it is
 * stopped.
 */
final class CompletionLog implements RolloutListener, AutoCloseable {

    static final String NAME = "completions.jsonl";

    private final AppendLog file;
    private final Answers answers;
    private final RunLog log;

    private CompletionLog(AppendLog file, Answers answers, RunLog log) {
        this.file = file;
        this.answers = answers;
        this.log = log;
    }

    /** The log of a run with {@code done} steps behind it, which were trained on {@code completions} completions. */
    static CompletionLog open(Path folder, int done, long completions, Answers answers, RunLog log) {
        var file = folder.resolve(NAME);
        return new CompletionLog(AppendLog.open(file, done == 0 ? 0 : bytesBehind(file, done, completions)), answers, log);
    }

    /** Length of the lines of rollouts that were drawn up to a step. */
    private static long bytesBehind(Path file, int done, long completions) {
        long bytes = 0;
        long lines = 0;
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            for (var line = line(in); line.length > 0 && line[line.length - 1] == '\n'; line = line(in)) {
                if (JsonFile.parse(file.toString(), new String(line, StandardCharsets.UTF_8)).requireInt("step") > done) {
                    break;
                }
                bytes += line.length;
                lines++;
            }
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s cannot be read: %s; put the run's file back, or begin a new run in another folder",
                file, unreadable.getMessage());
        }
        if (lines != completions) {
            throw LeewayException.data("%s has %d completions of the first %d steps, which were trained on %d; put the run's file back, or "
                + "begin a new run in another folder", file, lines, done, completions);
        }
        return bytes;
    }

    private static byte[] line(BufferedInputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int read = in.read(); read >= 0; read = in.read()) {
            line.write(read);
            if (read == '\n') {
                break;
            }
        }
        return line.toByteArray();
    }

    @Override
    public void finished(Report rollout) {
        for (int i = 0; i < rollout.drawn().size(); i++) {
            write(rollout, i);
        }
        file.force(); // a checkpoint that counts these lines outlives a power cut, so they must too
        var effort = rollout.effort();
        log.measured("profiling/draw_seconds", effort.generating());
        log.measured("profiling/reward_seconds", effort.rewarding());
        log.measured("profiling/drawn_tokens_per_second", effort.counts().decodeTokens() / effort.generating());
        log.measured("profiling/redraws", effort.redraws());
    }

    private void write(Report rollout, int place) {
        var drawn = rollout.drawn().get(place);
        var answer = answers.of(drawn.row(), drawn.completion().tokens(), !drawn.isTerminated());
        var json = JsonFile.newObject().put("step", rollout.step()).put("row", drawn.row()).put("prompt", answer.prompt())
            .put("completion", answer.completion()).put("tokens", answer.tokens()).put("truncated", answer.truncated());
        var rewards = json.putObject("rewards");
        for (int k = 0; k < rollout.functions().size(); k++) {
            put(rewards, rollout.functions().get(k), rollout.rewards()[k][place]);
        }
        put(json, "reward", rollout.total()[place]);
        file.append(json.put("advantage", rollout.advantages()[place]));
    }

    /** A reward that is missing is null. */
    private static void put(tools.jackson.databind.node.ObjectNode json, String name, double value) {
        if (Double.isNaN(value)) {
            json.putNull(name);
        } else {
            json.put(name, value);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
