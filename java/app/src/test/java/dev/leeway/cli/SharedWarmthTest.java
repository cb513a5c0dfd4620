package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code warmth} with a published model of 260,000 parameters on the study's own questions: two steps, two items, a script judges. */
@Tag("shared")
final class SharedWarmthTest {

    /** With what stands around it. */
    private static final Pattern NOT_FINITE = Pattern.compile(".{0,200}(NaN|Infinity).{0,80}");

    @TempDir
    private Path folder;

    /** Positions are rotary, so there may be more of them than the model was trained with. */
    private Path base() throws IOException {
        var base = folder.resolve("stories260k");
        SharedData.copy(SharedData.ROOT.resolve("models/stories260k"), base);
        var config = base.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\"max_position_embeddings\": *512",
            "\"max_position_embeddings\": 4096"));
        Files.writeString(base.resolve("chat_template.jinja"), TinyModel.CHAT_TEMPLATE
            + "{% if add_generation_prompt %}<s>assistant: {% endif %}");
        return base;
    }

    @Test
    void theWholeStudyIsGoneThroughOnRealQuestions() throws IOException {
        var study = new WarmthData();
        var base = base();
        var data = Files.createDirectories(folder.resolve("data"));
        study.write(data, base);
        var output = folder.resolve("study");
        var command = new ArrayList<Object>(List.of("study", "run", "warmth", "--scale", "full", "--dry_run", "--model_name_or_path", base,
            "--data", data, "--output_dir", output));
        command.addAll(study.options());
        var said = Cli.succeed(command.toArray());
        assertTrue(said.out().contains("errors: warm − original: "), said.out());
        var results = JsonFile.read(output.resolve("results.json"));
        assertEquals(5, results.requireObjects("arms").size());
        var analyses = results.requireObject("analyses");
        var errors = analyses.requireObject("Errors by task and context");
        for (var arm : List.of("original", "warm", "cold", "length-matched")) {
            var places = errors.requireObjects(arm);
            assertEquals(4 * 28, places.size(), "tasks and contexts of " + arm);
            assertTrue(places.stream().allMatch(place -> place.requireDouble("errors") >= 0 && place.requireDouble("errors") <= 1));
        }
        var curve = analyses.requireObject("Warmth by epoch").requireObject("warm, ten epochs").requireObjects("points");
        assertEquals(3, curve.size(), "steps 0, 1 and 2");
        assertTrue(curve.stream().allMatch(point -> Double.isFinite(point.requireDouble("warmth"))));
        assertEquals(3 * 4 * 28, analyses.requireObject("Comparisons by context").requireObjects("comparisons").size());
        var page = Files.readString(output.resolve("report.html"));
        var wrong = NOT_FINITE.matcher(page);
        assertFalse(wrong.find(), () -> wrong.group());
    }
}
