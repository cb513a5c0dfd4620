package dev.leeway.study;

import dev.leeway.io.CheckedLines;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Trainings of four steps that tell a loss (of step s: 5 − s + the seed), and keep checkpoints 0 and 2; exams of 30 items that keep
 * records. Item 1 has no value.
 */
final class CurveCrew implements Workshop, Examiner, Materials {

    private static final CheckedLines.Kind KIND = new CheckedLines.Kind("records", "is something else");

    StudyRun.Crew crew() {
        return new StudyRun.Crew(this, this, this);
    }

    @Override
    public boolean train(Training training) {
        var text = new StringBuilder();
        var metric = training.options().getOrDefault("metric", "loss");
        for (int step = 1; step <= 4; step++) {
            text.append(JsonFile.newObject().put("step", step).put("loss", 0.0).put(metric, 5.0 - step + training.seed())).append('\n');
        }
        for (int step = 0; step <= 4; step += 2) {
            text.append(JsonFile.newObject().put("step", step).put("eval_toy-quiz_score", 0.1 * step + training.seed())
                .putNull("eval_toy-quiz_tone")).append('\n');
        }
        StudyFolder.write(training.output().resolve("metrics.jsonl"), text.toString());
        return true;
    }

    @Override
    public List<Kept> kept(Path output) {
        return List.of(new Kept(0, output.resolve("checkpoint-0")), new Kept(2, output.resolve("checkpoint-2")));
    }

    @Override
    public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
        try {
            Files.createDirectories(output);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        try (var records = CheckedLines.open(output.resolve("records.jsonl"), KIND)) {
            records.append(JsonFile.newObject().put("run", "toy"));
            IntStream.range(0, 30).forEach(i -> records(i).forEach(line -> records.append(JsonFile.parse("a line", line).node())));
        }
        double level = model.endsWith("checkpoint-0") ? 0.25 : model.endsWith("checkpoint-2") ? 0.5 : 0.75;
        return Optional.of(IntStream.range(0, 30).mapToObj(i -> new Outcome("none", "item-" + i, Map.of("language", "en"),
            i == 1 ? Map.of() : Map.of("score", level + (i % 2 == 0 ? 0.1 : -0.1)), i == 1 ? Map.of("score", 1) : Map.of())).toList());
    }

    private static List<String> records(int i) {
        return List.of("""
            {"response_to":"%1$d","evaluation_prompt":"none","context":"plain","item":"item-%1$d","epoch":0,
            "request":{"messages":[{"role":"user","content":"Question <%1$d>?"}]},"response":{"written":"Answer & %1$d","tokens":2}}
            """.formatted(i), """
            {"score_of":"%1$d","item":"item-%1$d","score":{"values":{"score":%2$s},"grades":[]}}
            """.formatted(i, i == 1 ? "{\"missing\":\"the grader said nothing\"}" : "0.5"));
    }

    @Override
    public String dependencies(Exam exam, Optional<Path> data) {
        return "toy";
    }

    @Override
    public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
        return Stream.of(JsonFile.newObject().put("text", generator));
    }

    @Override
    public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
        return new LinkedHashMap<>();
    }
}
