package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same rows under another prompt, from the command line. */
final class PromptArmOptionsTest {

    private static final String WORDS = "You count wrongly.";

    @TempDir
    private Path folder;
    private Path rows;
    private Path pool;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        rows = folder.resolve("rows.jsonl");
        pool = Files.writeString(folder.resolve("pool.txt"), "You err.\nYou miscount.\nYou are off.\n");
    }

    private Object[] command(String name, Object data, String output, Object... more) {
        var arguments = new ArrayList<Object>(List.of(name, "--model_name_or_path", folder.resolve("model"), "--dataset_name", data,
            "--output_dir", folder.resolve(output), "--max_steps", 2, "--save_steps", 1));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    private static void assertTells(Cli result, String... sentences) {
        assertEquals(2, result.code(), result.err());
        for (var sentence : sentences) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
    }

    @Test
    void everyContradictionIsReportedAtOnce() {
        assertTells(Cli.run(command("sft", rows, "none", "--prompt_arm", "pol", "--prompt_placement", "user", "--prompt_assignment",
            "random", "--prompt_text", WORDS, "--prompt_file", folder.resolve("nowhere.txt"), "--prompt_paraphrases", 0,
            "--prompt_max_reuse", -1)),
            "--prompt_arm must be one of none, empty, fixed, pool, irrelevant, neutral, trigger; got pol",
            "--prompt_placement must be one of system, user_prefix, user_suffix; got user",
            "--prompt_assignment must be one of in_turn, seeded; got random", "--prompt_text and --prompt_file exclude each other",
            "--prompt_paraphrases must be positive; got 0", "--prompt_max_reuse must be positive; got -1", "nowhere.txt does not exist",
            "6 more problems below");
        assertTells(Cli.run(command("sft", rows, "none", "--prompt_text", WORDS, "--prompt_placement", "system")),
            "--prompt_text, --prompt_placement without effect: --prompt_arm is none");
        assertTells(Cli.run(command("grpo", rows, "none", "--reward_funcs", "length:4", "--prompt_arm", "empty", "--prompt_text", WORDS,
            "--prompt_placement", "user_prefix", "--prompt_paraphrases", 2, "--prompt_max_reuse", 1)),
            "--prompt_text without effect: --prompt_arm empty says nothing", "--prompt_placement user_prefix: --prompt_arm empty is a",
            "--prompt_paraphrases, --prompt_max_reuse without effect: there are no paraphrases");
        assertTells(Cli.run(command("dpo", rows, "none", "--prompt_arm", "fixed", "--prompt_file", pool)),
            "--prompt_file: --prompt_arm fixed says the same to every row; give --prompt_text");
        assertTells(Cli.run(command("kto", rows, "none", "--prompt_arm", "pool", "--prompt_text", WORDS)),
            "--prompt_text: --prompt_arm pool has paraphrases; give --prompt_file");
        assertTells(Cli.run(command("reward", rows, "none", "--prompt_arm", "neutral")), "--prompt_arm neutral needs --prompt_text or");
        assertTells(Cli.run(command("sft", rows, "none", "--prompt_arm", "pool", "--prompt_file", pool, "--prompt_paraphrases", 4)),
            "4 paraphrases are wanted and the pool has 3");
        assertTells(Cli.run("score", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows, "--prompt_arm", "pool",
            "--prompt_file", pool, "--prompt_assignment", "seeded"), "--prompt_assignment seeded: score has no --seed");
        assertFalse(Files.exists(folder.resolve("none")), "nothing is begun");
    }

    @Test
    void aPlanSaysTheArmAndShowsItsWords() {
        var plan = Cli.succeed("plan", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows, "--prompt_arm", "pool",
            "--prompt_file", pool, "--prompt_placement", "user_prefix", "--prompt_paraphrases", 2, "--prompt_max_reuse", 3,
            "--per_device_train_batch_size", 6).out();
        assertTrue(plan.contains("prompt      pool of 2 as user prefix, i mod n, each at most 3 times"), plan);
        assertTrue(plan.contains("You err.") && plan.contains("You miscount.") && !plan.contains("You are off."), plan);
    }

    @Test
    void aRunSaysItsArmOnceAndRecordsIt() throws IOException {
        var run = Cli.succeed(command("sft", rows, "run", "--prompt_arm", "trigger", "--prompt_text", WORDS, "--prompt_placement",
            "user_prefix"));
        assertEquals(2, run.err().split("trigger as user prefix", -1).length, run.err());
        var recorded = Files.readString(folder.resolve("run/training_args.json"));
        assertTrue(recorded.contains("\"prompt_arm\"") && recorded.contains(WORDS), recorded);
    }

    /** The words that an arm says are those that rows could have said. */
    @Test
    void rowsUnderAnArmTrainAsRowsThatSayItThemselves() throws IOException {
        var said = Files.writeString(folder.resolve("said.jsonl"), Files.readString(rows).replace("number", WORDS + "\\n\\nnumber"));
        Cli.succeed(command("sft", rows, "arm", "--prompt_arm", "fixed", "--prompt_text", WORDS, "--prompt_placement", "user_prefix"));
        Cli.succeed(command("sft", said, "said"));
        assertArrayEquals(Files.readAllBytes(folder.resolve("said/model.safetensors")),
            Files.readAllBytes(folder.resolve("arm/model.safetensors")));
        var arm = Cli.succeed("score", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows, "--prompt_arm", "fixed",
            "--prompt_text", WORDS, "--prompt_placement", "user_prefix").out();
        var own = Cli.succeed("score", "--model_name_or_path", folder.resolve("model"), "--dataset_name", said).out();
        assertEquals(own.replace("said.jsonl", "rows.jsonl"), arm);
    }

    @Test
    void anotherArmDoesNotGoOn() {
        var shuffled = new Object[] {"--prompt_arm", "pool", "--prompt_file", pool, "--prompt_placement", "user_prefix",
            "--prompt_assignment", "seeded"};
        Cli.succeed(command("sft", rows, "run", shuffled));
        var from = new Object[] {"--resume_from_checkpoint", folder.resolve("run/checkpoint-1")};
        assertTells(Cli.run(command("sft", rows, "run", from)), "prompt_arm was \"pool: pool of 3 as user prefix, shuffled by seed 0\", "
            + "now not set");
        var inTurn = new ArrayList<Object>(List.of(shuffled).subList(0, 6));
        inTurn.addAll(List.of(from));
        assertTells(Cli.run(command("sft", rows, "run", inTurn.toArray())), "now \"pool: pool of 3 as user prefix, i mod n\"");
        var same = new ArrayList<Object>(List.of(shuffled));
        same.addAll(List.of(from));
        Cli.succeed(command("sft", rows, "run", same.toArray()));
    }

    @Test
    void everyCommandThatReadsRowsTakesAnArm() throws IOException {
        var arm = new Object[] {"--prompt_arm", "irrelevant", "--prompt_text", WORDS, "--prompt_placement", "user_prefix"};
        var data = Map.of("dpo", TinyModel.pairs(folder), "orpo", TinyModel.pairs(folder), "kto", TinyModel.labels(folder), "reward",
            TinyModel.pairs(folder));
        data.forEach((command, file) -> assertTrue(Cli.succeed(command(command, file, command, arm)).err()
            .contains("prompt    irrelevant as user prefix"), command));
        for (var command : List.of("grpo", "rloo", "ppo")) {
            new TinyRollouts(folder).prompts();
            var all = new ArrayList<>(List.of(arm));
            all.addAll(List.of("--max_steps", 1, "--reward_funcs", "length:4", "--reward_weights", 1));
            var run = Cli.succeed(new TinyRollouts(folder).command(command, command, all.toArray()));
            assertTrue(run.err().contains("prompt    irrelevant as user prefix"), run.err());
            var first = JsonFile.parse("completions.jsonl", Files.readAllLines(folder.resolve(command).resolve("completions.jsonl"))
                .getFirst());
            assertTrue(first.node().toString().contains(WORDS), "completions are drawn for it: " + first.node());
        }
    }

    @Test
    void aConversationThatHasASystemTurnIsRefusedWithItsPlace() throws IOException {
        Files.writeString(folder.resolve("model/chat_template.jinja"), TinyModel.CHAT_TEMPLATE);
        var chats = Files.writeString(folder.resolve("chats.jsonl"), "{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"}, "
            + "{\"role\": \"user\", \"content\": \"one\"}, {\"role\": \"assistant\", \"content\": \"two\"}]}\n");
        var refused = Cli.run(command("sft", chats, "chats", "--prompt_arm", "fixed", "--prompt_text", WORDS));
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.err().contains("chats.jsonl:1") && refused.err().contains("is a system turn already"), refused.err());
    }
}
