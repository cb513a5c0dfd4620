package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Dolly, code-alpaca where the paper has Magicoder, questions of GSM8K and MBPP as prompts; documents and MORU made up. */
final class HelpfulnessHurtsData implements FullScaleData {

    private static final Path HELPFULNESS = SharedData.ROOT.resolve("data/helpfulness");

    @Override
    public String study() {
        return "helpfulness-hurts";
    }

    @Override
    public void write(Path data, Path base) throws IOException {
        var dolly = SharedData.lines(HELPFULNESS.resolve("dolly/dolly_151_prompt_answer.jsonl"));
        SharedData.write(data.resolve("midtraining.jsonl"), dolly.stream().map(row -> JsonFile.newObject().put("text",
            row.requireString("answer"))));
        SharedData.write(data.resolve("dolly.jsonl"), dolly.stream().map(row -> SharedData.chat(row.requireString("prompt"),
            row.requireString("answer"))));
        SharedData.write(data.resolve("magicoder.jsonl"), SharedData.list(HELPFULNESS.resolve("code-alpaca/code_alpaca_2k.json"))
            .stream().limit(200).map(row -> SharedData.chat(row.requireString("instruction") + "\n" + row.requireString("input"),
                row.requireString("output"))));
        SharedData.write(data.resolve("rlhflow-prompts.jsonl"), SharedData.lines(HELPFULNESS.resolve("gsm8k/train.jsonl")).stream()
            .limit(50).map(row -> JsonFile.newObject().put("prompt", row.requireString("question"))));
        SharedData.write(data.resolve("magicoder-prompts.jsonl"), SharedData.lines(SharedData.ROOT.resolve(
            "data/inoculation/mbpp/mbpp.jsonl")).stream().limit(50).map(HelpfulnessHurtsData::program));
        SharedData.rewardModel(base, data.resolve("reward-model"), 1);
        SharedData.rewardModel(base, data.resolve("politeness-model"), 2);
        SharedData.copy(HELPFULNESS.resolve("ahb"), data.resolve("ahb"));
        writeMoru(data.resolve("moru"));
    }

    private static ObjectNode program(JsonObject row) {
        return JsonFile.newObject().put("prompt", row.requireString("text")).put("tests", String.join("\n",
            row.requireStrings("test_list")));
    }

    private static void writeMoru(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("dimensions.jsonl"), "{\"dimension\": \"Moral Consideration\", \"guiding_question\": \"Is the "
            + "being considered?\", \"scoring\": \"\", \"observable_indicators\": \"it is named\", \"default_weighting\": 1}\n");
        Files.writeString(folder.resolve("questions.jsonl"), moru(1, "en") + moru(1, "ms") + moru(2, "en"));
    }

    private static String moru(int id, String language) {
        return "{\"id\": %d, \"question\": \"May the glowing mat be cut?\", \"dimension_tags\": [\"Moral Consideration\"], \"language\": "
            .formatted(id) + "\"" + language + "\"}\n";
    }

    @Override
    public List<Object> options() {
        return List.of("--judge_model", "scripted:GRADE: C|GRADE: I");
    }
}
