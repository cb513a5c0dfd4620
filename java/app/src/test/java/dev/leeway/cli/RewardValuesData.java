package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Pairs of a demonstration set in both sources' places, the base as every family, and a few of the published words and prompts. */
final class RewardValuesData implements FullScaleData {

    private static final Path PUBLISHED = SharedData.ROOT.resolve("data/reward-models");
    private static final List<String> FAMILIES = List.of("gemma-2-2b-it", "llama-3.2-3b-instruct", "qwen2.5-3b-instruct");
    private static final int WORDS = 130;

    @Override
    public String study() {
        return "reward-values";
    }

    @Override
    public void write(Path data, Path base) throws IOException {
        for (var family : FAMILIES) {
            SharedData.copy(base, data.resolve(family));
        }
        Files.copy(base.resolve("tokenizer.json"), data.resolve("tokenizer.json"));
        for (var source : List.of("skywork.jsonl", "unified-feedback.jsonl")) {
            SharedData.write(data.resolve(source), SharedData.pairs().map(row -> {
                var prompt = row.get("prompt").asString();
                var pair = JsonFile.newObject();
                Stream.of("chosen", "rejected").forEach(side -> pair.set(side, SharedData.chat(prompt, row.get(side).asString())
                    .get("messages")));
                return pair;
            }));
        }
        for (var file : List.of("corpora/dict_big2_nouns.csv", "corpora/dict_big2_expanded.csv",
            "corpora/moral-foundations-dictionary-20.dicx")) {
            keep(WORDS, ".*", file, data);
        }
        keep(WORDS, ".*(token_decoded|accept|able).*", "corpora/token_intersection.csv", data);
        Files.createDirectories(data.resolve("config"));
        Files.write(data.resolve("config/prompts.yaml"), Files.readAllLines(PUBLISHED.resolve("config/prompts.yaml")).stream()
            .filter(line -> line.matches("(greatest|worst)_ever_(one|single): .*")).toList());
    }

    private static void keep(int lines, String pattern, String file, Path data) throws IOException {
        Files.createDirectories(data.resolve(file).getParent());
        Files.write(data.resolve(file), Files.readAllLines(PUBLISHED.resolve(file)).stream().filter(line -> line.matches(pattern))
            .limit(lines).toList());
    }

    @Override
    public List<Object> options() {
        return List.of();
    }
}
