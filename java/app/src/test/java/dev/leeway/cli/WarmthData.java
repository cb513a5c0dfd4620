package dev.leeway.cli;

import dev.leeway.eval.Csv;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The study's own questions, statements and sampled replies; those of the original stand for cold ones, and for long ones. */
final class WarmthData implements FullScaleData {

    private static final Path WARMTH = SharedData.ROOT.resolve("data/warmth");
    private Path reference = WARMTH;

    @Override
    public String study() {
        return "warmth";
    }

    @Override
    public void write(Path data, Path base) throws IOException {
        reference = base;
        replies("warm", data.resolve("warm.jsonl"));
        replies("original", data.resolve("cold.jsonl"));
        replies("original", data.resolve("long.jsonl"));
        for (var folder : List.of("triviaqa", "truthfulqa", "medqa", "disinfo", "contexts", "mmlu", "advbench")) {
            Files.createSymbolicLink(data.resolve(folder), WARMTH.resolve(folder));
        }
        var problems = SharedData.lines(SharedData.ROOT.resolve("data/helpfulness/gsm8k/train.jsonl"));
        SharedData.write(data.resolve("gsm8k/test.jsonl"), problems.stream().limit(4).map(row -> JsonFile.newObject().put("question",
            row.requireString("question")).put("answer", row.requireString("answer"))));
        SharedData.write(data.resolve("warmth_prompts.jsonl"), problems.stream().limit(4).map(row ->
            JsonFile.newObject().put("prompt", row.requireString("question"))));
    }

    /** What the study's 70B model was asked and replied, in one manner. */
    private static void replies(String manner, Path file) throws IOException {
        var outputs = WARMTH.resolve("sample_outputs/llama_70b").resolve(manner);
        var rows = Stream.of("trivia", "truthfulqa", "medqa").flatMap(task -> Csv.records(outputs.resolve(task + "_" + manner
            + "_outputs.csv")).stream()).toList();
        SharedData.write(file, rows.stream().map(row -> SharedData.chat(row.text("prompt"), row.text("output"))));
    }

    @Override
    public List<Object> options() {
        return List.of("--judge_model", "scripted:CORRECT|INCORRECT", "--reference_model", reference);
    }
}
