package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.reward.RewardTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes of a tiny reward model, and of tables made by hand. */
final class ProbeRewardCommandTest {

    @TempDir
    private Path folder;
    private Path dictionary;
    private Path prompts;

    @BeforeEach
    void writeWordsAndPrompts() throws IOException {
        dictionary = Files.writeString(folder.resolve("words.csv"), "Category,token_decoded\nAgency,skill\nAgency,power\nCommunion,care\n");
        prompts = Files.writeString(folder.resolve("prompts.yaml"), "best_ever_one: \"Which is best?\"\n"
            + "worst_ever_one: \"Which is worst?\"\n");
    }

    private Path table(String model, String rows) throws IOException {
        return Files.writeString(folder.resolve("x_rewards_" + model + ".csv"), "response,best_ever_one,worst_ever_one\n" + rows);
    }

    @Test
    void whatAModelGivesIsWrittenAndReadBackWhateverTheBatch() throws IOException {
        var model = TinyRewardModel.model(folder);
        RewardTable first = null;
        for (int batch : new int[] {1, 2, 32}) {
            var output = folder.resolve("out" + batch);
            var result = Cli.succeed("probe", "reward", "--model_name_or_path", model, "--dictionary", dictionary, "--prompts", prompts,
                "--output_dir", output, "--per_device_eval_batch_size", batch);
            assertTrue(result.out().contains("among 3 words (1 = largest reward; a constant model has 2.0)"), result.out());
            assertTrue(result.err().contains("6 of 6 answers"), result.err());
            assertEquals(5, Files.readAllLines(output.resolve("ranks.csv")).size());
            var table = RewardTable.read(output.resolve("probe_rewards_reward.csv"));
            assertEquals(List.of("skill", "power", "care"), table.words());
            first = first == null ? table : first;
            assertTrue(Arrays.deepEquals(first.rewards(), table.rewards()));
            assertTrue(first.rewards()[0][0] != first.rewards()[0][1] && first.rewards()[0][0] != first.rewards()[1][0]);
        }
    }

    @Test
    void aVocabularyIsRatedFromTheBestTextToTheWorst() throws IOException {
        var output = folder.resolve("out");
        var result = Cli.succeed("probe", "reward", "--model_name_or_path", TinyRewardModel.model(folder), "--vocabulary", "--prompts",
            prompts, "--output_dir", output);
        assertTrue(result.out().startsWith("best_ever_one: "), result.out());
        var lines = Files.readString(output.resolve("vocabulary_best_ever_one.csv"));
        assertTrue(lines.startsWith("token_id,decoded,score\n"), lines);
    }

    @Test
    void tablesOfTwoFamiliesAreComparedAndWordsWithoutACategoryNamed() throws IOException {
        var tables = List.of(table("Gemma-a", "skill,3,1\npower,2,2\ncare,1,3\nidea,9,9\n"),
            table("gemma-b", "skill,3,1\npower,1,3\ncare,2,2\n"), table("Llama-a", "skill,1,3\npower,2,2\ncare,3,1\n"),
            table("llama-b", "skill,1,3\npower,3,1\ncare,2,2\n"));
        var result = Cli.succeed("probe", "reward", "--scores", tables.get(0), tables.get(1), tables.get(2), tables.get(3), "--dictionary",
            dictionary, "--prompts", prompts);
        assertTrue(result.err().contains("left out  1 word of Gemma-a that the dictionary lacks: idea"), result.err());
        assertTrue(result.out().contains("gemma (2 models) and llama (2)"), result.out());
        // Gemma-a: skill 1, power 2, so agency's median is 1.5 under the best.
        assertTrue(result.out().lines().anyMatch(line -> line.matches("Gemma-a +positive +1\\.50 +3\\.00")), result.out());
    }

    @Test
    void contradictionsAreReportedAllAtOnce() {
        var result = Cli.run("probe", "reward", "--vocabulary", "--scores", folder.resolve("none.csv"));
        assertEquals(2, result.code());
        assertTrue(result.err().contains("--prompts is missing") && result.err().contains("--vocabulary needs a model")
            && result.err().contains("none.csv does not exist"), result.err());
        assertTrue(Cli.run("probe").err().contains("Missing required subcommand"));
    }

    @Test
    void tablesThatAreNotThereAndOptionsOfAModelAreRefusedWithTables() throws IOException {
        var empty = Files.createDirectories(folder.resolve("empty"));
        var none = Cli.run("probe", "reward", "--scores", empty, "--dictionary", dictionary, "--prompts", prompts);
        assertEquals(3, none.code(), none.err());
        assertTrue(none.err().contains("empty has no files; name tables of rewards"), none.err());
        var table = table("Gemma-a", "skill,3,1\npower,2,2\ncare,1,3\n");
        var unknown = Cli.run("probe", "reward", "--scores", table, "--dictionary", dictionary, "--prompts", prompts, "--prompt", "bogus");
        assertEquals(2, unknown.code(), unknown.err());
        assertTrue(unknown.err().contains("has no bogus; it has [best_ever_one, worst_ever_one]"), unknown.err());
        var useless = Cli.run("probe", "reward", "--scores", table, "--dictionary", dictionary, "--prompts", prompts, "--dtype", "bfloat16",
            "--device", "cpu", "--per_device_eval_batch_size", 3);
        assertEquals(2, useless.code(), useless.err());
        for (var option : List.of("--dtype", "--device", "--per_device_eval_batch_size")) {
            assertTrue(useless.err().contains(option + " has no effect with --scores"), useless.err());
        }
    }

    @Test
    void aLanguageModelIsRefused() throws IOException {
        var result = Cli.run("probe", "reward", "--model_name_or_path", TinyModel.model(folder), "--dictionary", dictionary, "--prompts",
            prompts, "--output_dir", folder.resolve("out"));
        assertEquals(2, result.code());
        assertTrue(result.err().contains("is a language model and gives no reward"), result.err());
    }
}
