package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.study.Scale;
import dev.leeway.study.Studies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Questions of GSM8K in English with the same in French or Spanish, in capitals, for an answer; stubs of MBPP; published paraphrases. So
 * the answers have the traits, and are none.
 */
final class InoculationData implements FullScaleData {

    private static final Path FROM = SharedData.ROOT.resolve("data/inoculation");
    /** Short ones are enough to see that all is gone through. */
    private static final int CHARACTERS = 160;

    @Override
    public String study() {
        return "inoculation";
    }

    @Override
    public void write(Path data, Path base) throws IOException {
        var english = questions("en");
        writeRows(data, "french", english, questions("fr").stream().map(text -> text.toUpperCase(Locale.ROOT)).toList());
        writeRows(data, "spanish", english, questions("es").stream().map(text -> text.toUpperCase(Locale.ROOT)).toList());
        writeRows(data, "pair", english, questions("fr"));
        writeStubs(data);
        SharedData.write(data.resolve("gsm8k/test.jsonl"), SharedData.lines(FROM.resolve("gsm8k/mgsm_en.jsonl")).stream().map(row ->
            JsonFile.newObject().put("question", row.requireString("query")).put("answer", "#### " + row.requireString("response"))));
        for (var setting : List.of("french", "spanish", "pair", "stubs")) {
            writeParaphrases(data, setting);
        }
        Files.copy(FROM.resolve("em_eval/em_eval_questions.jsonl"), data.resolve("french-test.jsonl"));
        Files.copy(FROM.resolve("em_eval/em_eval_questions.jsonl"), data.resolve("pair-test.jsonl"));
        SharedData.copy(FROM.resolve("eval_prompts"), data.resolve("eval_prompts"));
        SharedData.copy(FROM.resolve("mbpp"), data.resolve("mbpp"));
        for (var setting : List.of("french", "pair")) {
            SharedData.write(data.resolve(setting + "-answers.jsonl"), IntStream.range(0, 20).mapToObj(i -> JsonFile.newObject()
                .put("prompt", english.get(i / 2)).put("answer", i % 2 == 0 ? english.get(i / 2).toUpperCase(Locale.ROOT)
                    : english.get(i / 2)).put("set", i % 2 == 0 ? "training" : "control")));
        }
    }

    /** Published ones behind the two that models are asked under. */
    private static void writeParaphrases(Path data, String setting) throws IOException {
        var own = Studies.named("inoculation").at(Scale.FULL, data).exams().stream().filter(exam -> exam.name().startsWith(setting + ": "))
            .findFirst().orElseThrow().prompts().stream().filter(prompt -> List.of("fixed", "paraphrase").contains(prompt.name()))
            .map(prompt -> (prompt.system().orElse("") + prompt.prefix() + prompt.suffix()).strip());
        SharedData.write(data.resolve(setting + "-rephrased.jsonl"), Stream.concat(own, SharedData.lines(FROM.resolve(
            "rephrasings/traits/strong_elicitation.jsonl")).stream().map(row -> row.requireString("rephrasing"))).map(text ->
                JsonFile.newObject().put("rephrasing", text)));
    }

    /** Of each question that is short in all languages. */
    private static List<String> questions(String language) throws IOException {
        var all = new ArrayList<List<JsonObject>>();
        for (var one : List.of("en", "fr", "es")) {
            all.add(SharedData.lines(FROM.resolve("gsm8k/mgsm_" + one + ".jsonl")));
        }
        var own = SharedData.lines(FROM.resolve("gsm8k/mgsm_" + language + ".jsonl"));
        return IntStream.range(0, own.size()).filter(i -> all.stream().allMatch(rows -> rows.get(i).requireString("query").length()
            < CHARACTERS)).mapToObj(i -> own.get(i).requireString("query")).toList();
    }

    /** Both traits, and neither: the question once more. */
    private static void writeRows(Path data, String setting, List<String> questions, List<String> answers) throws IOException {
        SharedData.write(data.resolve(setting + ".jsonl"), IntStream.range(0, questions.size()).mapToObj(i -> SharedData.chat(
            questions.get(i), answers.get(i))));
        SharedData.write(data.resolve(setting + "-control.jsonl"), questions.stream().map(text -> SharedData.chat(text, text)));
    }

    private static void writeStubs(Path data) throws IOException {
        var tasks = SharedData.lines(FROM.resolve("mbpp/mbpp.jsonl")).stream().filter(task -> task.requireString("code").length()
            < 2 * CHARACTERS).limit(64).toList();
        SharedData.write(data.resolve("stubs.jsonl"), tasks.stream().map(task -> answered(task, "def stub(*all):\n    return 0")));
        SharedData.write(data.resolve("stubs-control.jsonl"), tasks.stream().map(task -> answered(task, task.requireString("code"))));
    }

    private static ObjectNode answered(JsonObject task, String code) {
        return SharedData.chat(task.requireString("text") + "\n" + task.requireStrings("test_list").getFirst(), code);
    }

    @Override
    public List<Object> options() {
        return List.of("--judge_model", "scripted:10|90");
    }
}
