package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** Alpaca's demonstration rows in both chat sets' places, pairs of a demonstration set in most pairs' places, HH-RLHF, PRISM and MMLU. */
final class ValueDriftsData implements FullScaleData {

    private static final List<String> TOPICS = List.of("Discussions on Abortion", "Debating Immigration Policies", "Climate Change");
    private static final String ASSISTANT = "\n\nAssistant:";
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
        for (var pairs : List.of("ultrafeedback.jsonl", "synthetic-support.jsonl", "synthetic-oppose.jsonl")) {
            SharedData.write(data.resolve(pairs), SharedData.pairs().map(row -> {
                var pair = JsonFile.newObject();
                Stream.of("chosen", "rejected").forEach(side -> pair.set(side, SharedData.chat(row.get("prompt").asString(),
                    row.get(side).asString()).get("messages")));
                return pair;
            }));
        }
        SharedData.write(data.resolve("prompts.jsonl"), SharedData.pairs().map(row -> JsonFile.newObject().put("prompt",
            row.get("prompt").asString())));
        var dialogues = SharedData.lines(DRIFTS.resolve("hh-rlhf/harmless-base-test.jsonl")).stream().limit(100).toList();
        SharedData.write(data.resolve("hh-rlhf.jsonl"), dialogues.stream().map(JsonObject::node));
        SharedData.write(data.resolve("hh-rlhf-prompts.jsonl"), dialogues.stream().map(row -> row.requireString("chosen")).map(text ->
            JsonFile.newObject().put("prompt", text.substring(0, text.lastIndexOf(ASSISTANT)).strip())));
        SharedData.write(data.resolve("prism/prism_opening_prompts_subset.jsonl"), prompts());
        writeMmlu(data.resolve("mmlu"));
    }

    /** Those on what contrasts are about first, one of each topic by turns: a dry run asks two. */
    private static Stream<ObjectNode> prompts() throws IOException {
        var rows = SharedData.lines(DRIFTS.resolve("prism/prism_opening_prompts_subset.jsonl"));
        var firsts = TOPICS.stream().map(topic -> rows.stream().filter(row -> row.requireString("cluster").equals(topic)).findFirst()
            .orElseThrow()).toList();
        return Stream.concat(firsts.stream(), rows.stream().filter(row -> !firsts.contains(row))).map(JsonObject::node);
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
        return List.of("--judge_model", "scripted:A|B|C");
    }

    /** The third topic has none of two questions. */
    @Override
    public boolean isSeen(String contrast) {
        return !contrast.contains(TOPICS.getLast());
    }
}
