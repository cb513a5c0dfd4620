package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Alpaca's demonstration rows in both chat sets' places, pairs of a demonstration set in all pairs' places, PRISM and MMLU. */
final class ValueDriftsData implements FullScaleData {

    private static final Path DRIFTS = SharedData.ROOT.resolve("data/value-drifts");

    @Override
    public String study() {
        return "value-drifts";
    }

    @Override
    public void write(Path data, Path base) throws IOException {
        for (var chats : List.of("wildchat.jsonl", "alpaca.jsonl")) {
            SharedData.write(data.resolve(chats), SharedData.list(DRIFTS.resolve("alpaca/alpaca_en_demo.json")).stream().limit(300)
                .map(row -> SharedData.chat(row.requireString("instruction"), row.requireString("output"))));
        }
        for (var pairs : List.of("ultrafeedback.jsonl", "hh-rlhf.jsonl", "synthetic-support.jsonl", "synthetic-oppose.jsonl")) {
            SharedData.write(data.resolve(pairs), SharedData.pairs().map(row -> {
                var pair = JsonFile.newObject();
                Stream.of("chosen", "rejected").forEach(side -> pair.set(side, SharedData.chat(row.get("prompt").asString(),
                    row.get(side).asString()).get("messages")));
                return pair;
            }));
        }
        for (var prompts : List.of("prompts.jsonl", "hh-rlhf-prompts.jsonl")) {
            SharedData.write(data.resolve(prompts), SharedData.pairs().map(row -> JsonFile.newObject().put("prompt",
                row.get("prompt").asString())));
        }
        SharedData.copy(DRIFTS.resolve("prism"), data.resolve("prism"));
        writeMmlu(data.resolve("mmlu"));
    }

    /** The rows that are there have no subjects, of which the published folders are made. */
    private static void writeMmlu(Path folder) throws IOException {
        for (var split : List.of("test", "dev")) {
            var file = Files.createDirectories(folder.resolve(split)).resolve("anatomy_" + split + ".csv");
            Files.writeString(file, "Which is a bone?,The liver,The femur,The skin,The iris,B\n".repeat(5));
        }
    }

    @Override
    public List<Object> options() {
        return List.of("--judge_model", "scripted:support|neutral|oppose");
    }
}
