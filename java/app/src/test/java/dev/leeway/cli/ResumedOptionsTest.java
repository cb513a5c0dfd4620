package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every option that decides numbers is compared when a run goes on. */
final class ResumedOptionsTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void makeModel() throws IOException {
        var model = TinyModel.model(folder);
        Files.writeString(model.resolve("chat_template.jinja"), TinyModel.CHAT_TEMPLATE);
        Files.writeString(folder.resolve("more.jsonl"), Files.readString(folder.resolve("rows.jsonl")).replace("number", "figure"));
    }

    private Object[] sft(String name, String... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("rows.jsonl") + "," + folder.resolve("more.jsonl"), "--output_dir", folder.resolve(name), "--max_steps", 2,
            "--save_steps", 1, "--per_device_train_batch_size", 2));
        for (var word : more) {
            if (word.startsWith("--")) {
                remove(arguments, word);
            }
        }
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    private static void remove(List<Object> arguments, String option) {
        int at = arguments.indexOf(option);
        if (at >= 0) {
            arguments.remove(at + 1);
            arguments.remove(at);
        }
    }

    private void comparedOnResume(String difference, String option, String first, String second, String... always) {
        var out = "run-" + option.substring(2) + "-" + first.replaceAll("\\W", "");
        Cli.succeed(sft(out, with(always, option, first)));
        var resumed = new ArrayList<>(List.of(with(always, option, second)));
        resumed.addAll(List.of("--resume_from_checkpoint", folder.resolve(out).resolve("checkpoint-1").toString()));
        var other = Cli.run(sft(out, resumed.toArray(String[]::new)));
        assertEquals(2, other.code(), option + ": " + other.err());
        assertTrue(other.err().contains(difference), option + ": " + other.err());
        resumed.set(resumed.indexOf(option) + 1, first);
        assertEquals(0, Cli.run(sft(out, resumed.toArray(String[]::new))).code(), option + " as it was");
    }

    private static String[] with(String[] always, String... more) {
        var all = new ArrayList<>(List.of(always));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void ofTheLoss() {
        comparedOnResume("label_smoothing_factor was 0.1, now 0.2", "--label_smoothing_factor", "0.1", "0.2");
        comparedOnResume("z_loss_coefficient was 1.0E-4, now 0.001", "--z_loss_coefficient", "1e-4", "1e-3");
        comparedOnResume("neftune_noise_alpha was 5.0, now 0.0", "--neftune_noise_alpha", "5", "0");
    }

    @Test
    void ofTheNumberType() {
        comparedOnResume("bf16 was true, now false", "--bf16", "true", "false");
        comparedOnResume("bf16 was false, now true", "--bf16", "false", "true", "--use_peft", "true");
    }

    @Test
    void ofTheAdapter() {
        comparedOnResume("lora_dropout was 0.1, now 0.2", "--lora_dropout", "0.1", "0.2", "--use_peft", "true");
        comparedOnResume("lora_r was 4, now 8", "--lora_r", "4", "8", "--use_peft", "true");
        comparedOnResume("lora_alpha was 8.0, now 9.0", "--lora_alpha", "8", "9", "--use_peft", "true");
        comparedOnResume("lora_target_modules was [\"q_proj\"], now [\"q_proj\",\"v_proj\"]", "--lora_target_modules", "q_proj",
            "q_proj,v_proj", "--use_peft", "true");
        comparedOnResume("use_rslora was true, now false", "--use_rslora", "true", "false", "--use_peft", "true");
        comparedOnResume("use_peft was false, now true", "--use_peft", "false", "true");
    }

    @Test
    void ofTheRows() {
        comparedOnResume("packing was true, now false", "--packing", "true", "false");
        comparedOnResume("max_length was 30, now 31", "--max_length", "30", "31");
        comparedOnResume("dataset_weights was \"0.5,0.5\", now \"0.6,0.4\"", "--dataset_weights", "0.5,0.5", "0.6,0.4");
        comparedOnResume("streaming was true, now false", "--streaming", "true", "false", "--dataset_name",
            folder.resolve("rows.jsonl").toString());
        comparedOnResume("shuffle_buffer_size was 4, now 5", "--shuffle_buffer_size", "4", "5", "--streaming", "true", "--dataset_name",
            folder.resolve("rows.jsonl").toString());
        comparedOnResume("eval_split was 0.2, now 0.5", "--eval_split", "0.2", "0.5");
        comparedOnResume("completion_only_loss was true, now false", "--completion_only_loss", "true", "false");
    }

    @Test
    void ofStreamedRowsThatAreEncodedInAnotherWay() throws IOException {
        comparedOnResume("rows was ", "--columns", "completion=completion", "completion=prompt", "--streaming", "true", "--dataset_name",
            folder.resolve("rows.jsonl").toString());
    }

    @Test
    void ofConversations() {
        comparedOnResume("assistant_only_loss was true, now false", "--assistant_only_loss", "true", "false");
        comparedOnResume("mask_history was true, now false", "--mask_history", "true", "false");
        comparedOnResume("plain_user_text was false, now true", "--plain_user_text", "false", "true");
    }

    @Test
    void recomputationMayChangeBecauseItChangesNoNumber() throws IOException {
        Cli.succeed(sft("kept"));
        Cli.succeed(sft("computed", "--gradient_checkpointing", "true"));
        var from = folder.resolve("computed/checkpoint-1").toString();
        Cli.succeed(sft("computed", "--resume_from_checkpoint", from, "--gradient_checkpointing", "false"));
        for (var file : new String[] {"metrics.jsonl", "model.safetensors"}) {
            assertEquals(-1, Files.mismatch(folder.resolve("kept").resolve(file), folder.resolve("computed").resolve(file)), file);
        }
    }
}
