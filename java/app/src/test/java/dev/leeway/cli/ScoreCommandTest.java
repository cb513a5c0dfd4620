package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScoreCommandTest {

    @TempDir
    private Path folder;

    private static List<JsonObject> lines(String text) {
        return text.lines().map(line -> JsonFile.parse("line", line)).toList();
    }

    private void assertRefused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
    }

    @Test
    void pairsAreScoredAsTheEngineScoresThemAndRanked() throws IOException {
        var model = TinyRewardModel.model(folder);
        var pairs = TinyRewardModel.pairs(folder);
        var expected = TinyRewardModel.scores(model, pairs);
        var result = Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", pairs);
        var rows = lines(result.out());
        assertEquals(7, rows.size());
        int right = 0;
        for (int i = 0; i < rows.size(); i++) {
            assertEquals(pairs + ":" + (i + 1), rows.get(i).requireString("place"));
            assertEquals(expected[2 * i], rows.get(i).requireObject("chosen").requireDouble("score"));
            assertEquals(expected[2 * i + 1], rows.get(i).requireObject("rejected").requireDouble("score"));
            assertEquals(expected[2 * i] - expected[2 * i + 1], rows.get(i).requireDouble("margin"));
            right += expected[2 * i] > expected[2 * i + 1] ? 1 : 0;
        }
        var share = String.format(java.util.Locale.ROOT, "7 pairs, accuracy %.1f %% (95 %% interval ", 100.0 * right / 7);
        assertTrue(result.err().contains(share), result.err());
        assertTrue(result.err().contains(model + ", a reward model"), result.err());
    }

    @Test
    void neitherOrderNorBatchSizeChangesAScore() throws IOException {
        var model = TinyRewardModel.model(folder);
        var pairs = TinyRewardModel.pairs(folder);
        var alone = Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", pairs, "--per_device_eval_batch_size", 1).out();
        for (int size : new int[] {2, 3, 50}) {
            assertEquals(alone, Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", pairs,
                "--per_device_eval_batch_size", size).out());
        }
        var reversed = Files.write(folder.resolve("reversed.jsonl"), Files.readAllLines(pairs).reversed());
        var turned = lines(Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", reversed).out()).reversed();
        var straight = lines(alone);
        for (int i = 0; i < straight.size(); i++) {
            assertEquals(straight.get(i).require("chosen"), turned.get(i).require("chosen"));
            assertEquals(straight.get(i).require("rejected"), turned.get(i).require("rejected"));
        }
    }

    @Test
    void anAdapterOfARewardModelScoresOnItsLanguageModelAndMerged() throws IOException {
        var adapter = TinyRewardModel.adapter(folder);
        var pairs = TinyRewardModel.pairs(folder);
        var beside = lines(Cli.succeed("score", "--model_name_or_path", adapter, "--dataset_name", pairs).out());
        Cli.succeed("merge", "--model_name_or_path", adapter, "--output_dir", folder.resolve("merged"));
        var merged = lines(Cli.succeed("score", "--model_name_or_path", folder.resolve("merged"), "--dataset_name", pairs).out());
        for (int i = 0; i < 7; i++) {
            double score = beside.get(i).requireObject("chosen").requireDouble("score");
            assertTrue(score != 0);
            // B is zero: merging adds nothing.
            assertEquals(score, merged.get(i).requireObject("chosen").requireDouble("score"));
        }
    }

    @Test
    void logProbsAreThoseThatTrainingSees() throws IOException {
        var model = TinyModel.model(folder);
        var rows = folder.resolve("rows.jsonl");
        var scored = lines(Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", rows, "--per_token").out());
        double sum = 0;
        int tokens = 0;
        for (var row : scored) {
            double own = row.requireDoubles("logprobs").stream().mapToDouble(Double::doubleValue).sum();
            assertEquals(own, row.requireDouble("logprob"), -own * 1e-14);
            assertEquals(row.requireInt("num_tokens"), row.requireInts("token_ids").size());
            assertEquals(row.requireDouble("logprob") / row.requireInt("num_tokens"), row.requireDouble("mean_logprob"));
            sum += row.requireDouble("logprob");
            tokens += row.requireInt("num_tokens");
        }
        // Both sums are in double, of the same numbers in another order.
        assertEquals(TinyModel.loss(model, Optional.empty(), rows), -sum / tokens, 1e-12);
    }

    @Test
    void aReferenceIsSubtracted() throws IOException {
        var model = TinyModel.model(folder);
        var rows = folder.resolve("rows.jsonl");
        Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", rows, "--output_dir", folder.resolve("tuned"), "--max_steps", 2,
            "--learning_rate", "1e-3", "--use_peft");
        var tuned = folder.resolve("tuned");
        var plain = lines(Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", rows).out());
        var compared = lines(Cli.succeed("score", "--model_name_or_path", tuned, "--reference", model, "--dataset_name", rows).out());
        var itself = lines(Cli.succeed("score", "--model_name_or_path", tuned, "--reference", tuned, "--dataset_name", rows).out());
        for (int i = 0; i < plain.size(); i++) {
            assertEquals(plain.get(i).requireDouble("logprob"), compared.get(i).requireDouble("reference_logprob"));
            assertEquals(compared.get(i).requireDouble("logprob") - compared.get(i).requireDouble("reference_logprob"),
                compared.get(i).requireDouble("logprob_difference"));
            assertTrue(compared.get(i).requireDouble("logprob_difference") > 0, "two steps on these rows made them more probable");
            assertEquals(0, itself.get(i).requireDouble("logprob_difference"));
        }
    }

    @Test
    void pairsAreRankedByLogProbsToo() throws IOException {
        var model = TinyModel.model(folder);
        var result = Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", TinyRewardModel.pairs(folder));
        var first = lines(result.out()).getFirst();
        assertEquals(first.requireObject("chosen").requireDouble("logprob") - first.requireObject("rejected").requireDouble("logprob"),
            first.requireDouble("margin"));
        assertTrue(result.err().contains("mean margin of the log-prob"), result.err());
    }

    @Test
    void aRowThatIsTooLongSaysSo() throws IOException {
        var model = TinyRewardModel.model(folder);
        var rows = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"one\"}\n{\"text\": \"" + "many words ".repeat(60)
            + "\"}\n{\"text\": \"two\"}\n");
        var result = Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", rows);
        var scored = lines(result.out());
        assertEquals(3, scored.size());
        assertTrue(scored.get(1).requireString("left_out").matches("\\d+ tokens are more than max_length 64"), scored.get(1).toString());
        assertEquals(rows + ":3", scored.get(2).requireString("place"));
        assertTrue(result.err().contains("2 rows, mean score ") && result.err().contains("; 1 rows are not scored, and say why"),
            result.err());
    }

    @Test
    void whatFailsLeavesNoFileInTheWay() throws IOException {
        var model = TinyRewardModel.model(folder);
        var rows = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"one\"}\n{\"text\": \"two\"}\n");
        var output = Files.createDirectory(folder.resolve("scores")).resolve("scores.jsonl");
        var none = Cli.run("score", "--model_name_or_path", model, "--dataset_name", rows, "--max_length", 2, "--output_file", output);
        assertEquals(3, none.code(), none.err());
        assertTrue(none.err().contains("none of 2 rows was scored (" + rows + ":1: ")
            && none.err().contains(" tokens are more than max_length 2); name other rows, or another --max_length"), none.err());
        try (var left = Files.list(output.getParent())) {
            assertEquals(List.of(), left.toList());
        }
        Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", rows, "--output_file", output);
        try (var left = Files.list(output.getParent())) {
            assertEquals(List.of(output), left.toList());
        }
    }

    @Test
    void theResultGoesToANewFile() throws IOException {
        var model = TinyRewardModel.model(folder);
        var pairs = TinyRewardModel.pairs(folder);
        var file = folder.resolve("scores.jsonl");
        var printed = Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", pairs).out();
        assertEquals("", Cli.succeed("score", "--model_name_or_path", model, "--dataset_name", pairs, "--output_file", file).out());
        assertEquals(printed, Files.readString(file));
        assertRefused("--output_file: " + file + " exists; score never overwrites", "score", "--model_name_or_path", model,
            "--dataset_name", pairs, "--output_file", file);
    }

    @Test
    void whatMakesNoSenseIsRefused() throws IOException {
        var reward = TinyRewardModel.model(folder);
        var model = folder.resolve("model");
        var pairs = TinyRewardModel.pairs(folder);
        assertRefused("is a reward model, which has none; leave --reference out", "score", "--model_name_or_path", reward,
            "--dataset_name", pairs, "--reference", model);
        assertRefused("is a reward model, which has none; leave --reference out", "score", "--model_name_or_path", model,
            "--dataset_name", pairs, "--reference", reward);
        assertRefused("--per_token has no effect", "score", "--model_name_or_path", reward, "--dataset_name", pairs, "--per_token");
        assertRefused("--max_length 65 is more than the model's max_position_embeddings 64", "score", "--model_name_or_path", reward,
            "--dataset_name", pairs, "--max_length", 65);
        assertRefused("--dataset_name is missing", "score", "--model_name_or_path", reward);
        var mixed = Cli.run("score", "--model_name_or_path", reward, "--dataset_name", pairs + "," + folder.resolve("rows.jsonl"));
        assertEquals(3, mixed.code());
        assertTrue(mixed.err().contains("pairs.jsonl has pairs of chosen and rejected, and " + folder.resolve("rows.jsonl") + " has not"),
            mixed.err());
    }

    @Test
    void aReferenceWithAnotherTokenizerIsRefused() throws IOException {
        var model = TinyModel.model(folder);
        var other = Files.createDirectory(folder.resolve("other"));
        var second = TinyModel.model(other);
        Files.writeString(second.resolve("tokenizer.json"), Files.readString(second.resolve("tokenizer.json")) + "\n");
        assertRefused("has another tokenizer than", "score", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"),
            "--reference", second);
    }
}
