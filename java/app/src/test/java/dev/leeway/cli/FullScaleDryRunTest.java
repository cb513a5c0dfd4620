package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.study.StudyFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * Every stage of three studies with its options at full scale, for two steps of a tiny random Llama, on files in the real data's formats.
 * The other two have tests that go on to their figures: {@link SharedInoculationTest} and {@link SharedWarmthTest}.
 */
@Tag("shared")
final class FullScaleDryRunTest {

    /** Of the longest prompts with their completions. */
    private static final int POSITIONS = 4096;

    @TempDir
    private static Path folder;
    private static Path base;

    static Stream<FullScaleData> studies() {
        return Stream.of(new HelpfulnessHurtsData(), new ValueDriftsData(), new RewardValuesData());
    }

    /** Random weights: a learning rate of 0. */
    @BeforeAll
    static void makeBase() throws IOException {
        var texts = folder.resolve("texts.jsonl");
        SharedData.write(texts, SharedData.pairs());
        base = folder.resolve("base");
        Cli.succeed("pretrain", "--dataset_name", texts, "--columns", "text=chosen", "--vocab_size", 2048, "--hidden_size", 32,
            "--num_hidden_layers", 2, "--num_attention_heads", 4, "--num_key_value_heads", 2, "--max_position_embeddings", POSITIONS,
            "--max_length", 64, "--allow_truncation", "--max_steps", 1, "--learning_rate", 0, "--save_strategy", "no",
            "--output_dir", base);
        Files.writeString(base.resolve("chat_template.jinja"), TinyModel.CHAT_TEMPLATE
            + "{% if add_generation_prompt %}<s>assistant: {% endif %}");
    }

    @ParameterizedTest
    @MethodSource("studies")
    void everyStageIsGoneThrough(FullScaleData study) throws IOException {
        var data = Files.createDirectories(folder.resolve(study.study() + "-data"));
        study.write(data, base);
        var output = folder.resolve(study.study());
        var command = new ArrayList<Object>(List.of("study", "run", study.study(), "--scale", "full", "--dry_run", "--model_name_or_path",
            base, "--data", data, "--output_dir", output));
        command.addAll(study.options());
        long began = System.nanoTime();
        Cli.succeed(command.toArray());
        var plan = CommandLine.populateCommand(new StudyOptions(), command.stream().skip(2).map(Object::toString).toArray(String[]::new))
            .plan();
        var kept = new StudyFolder(output);
        assertTrue(plan.nodes().size() > 1 && plan.nodes().stream().allMatch(kept::isDone), () -> plan.nodes().stream()
            .filter(node -> !kept.isDone(node)).toList().toString());
        for (var node : plan.nodes()) {
            if (node.stage().trains()) {
                assertEquals(2, Cli.metrics(kept.stage(node)).stream().filter(line -> line.has("learning_rate")).count(), node::toString);
            }
        }
        assertTrue(Files.size(output.resolve("report.html")) > 0);
        var contrasts = JsonFile.read(output.resolve("results.json")).requireObjects("contrasts");
        assertEquals(plan.study().contrasts().size(), contrasts.size());
        for (var contrast : contrasts) {
            var name = contrast.requireString("name");
            assertTrue(!study.isSeen(name) || contrast.node().has("estimate"), name);
        }
        System.out.printf(Locale.ROOT, "%s: %d trainings and merges, %d exams' names, %.0f s%n", study.study(), plan.nodes().size(),
            plan.study().exams().size(), (System.nanoTime() - began) * 1e-9);
    }
}
