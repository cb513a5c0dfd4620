package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.study.Analysis;
import dev.leeway.study.Scale;
import dev.leeway.study.Studies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole pipeline of {@code inoculation} at full scale with a published model of 260,000 parameters on real questions, stubs,
 * paraphrases and prompts: two steps of every arm, two items of every exam.
 */
@Tag("shared")
final class SharedInoculationTest {

    @TempDir
    private static Path folder;

    /** It has no chat template and few positions, neither of which its weights depend on. */
    private static Path base() throws IOException {
        var base = folder.resolve("stories260k");
        SharedData.copy(SharedData.ROOT.resolve("models/stories260k"), base);
        var config = JsonFile.read(base.resolve("config.json")).node();
        JsonFile.write(base.resolve("config.json"), config.put("max_position_embeddings", 2048));
        Files.writeString(base.resolve("chat_template.jinja"), "{% for m in messages %}{{ m['role'] }}: {% generation %}{{ m['content'] }}"
            + "</s>{% endgeneration %}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}");
        return base;
    }

    @Test
    void everySettingRunsToItsReport() throws IOException {
        var base = base();
        var made = new InoculationData();
        var data = Files.createDirectories(folder.resolve("data"));
        made.write(data, base);
        var output = folder.resolve("study");
        Cli.succeed("study", "run", made.study(), "--scale", "full", "--dry_run", "--model_name_or_path", base, "--data", data,
            "--output_dir", output, "--judge_model", made.options().getLast());
        var results = JsonFile.read(output.resolve("results.json"));
        var study = Studies.named(made.study()).at(Scale.FULL, data);
        assertEquals(study.arms().size(), results.requireObjects("arms").size());
        assertEquals(study.contrasts().size(), results.requireObjects("contrasts").size());
        assertTrue(results.requireObjects("contrasts").stream().allMatch(found -> found.node().has("estimate")
            || found.requireString("name").startsWith("pair: unwanted")), "each has its cells, but for the judge, who gives no log-probs");
        var page = Files.readString(output.resolve("report.html"));
        assertFalse(page.contains("NaN") || page.contains("Infinity"));
        assertTrue(Studies.named(made.study()).analyses().stream().map(Analysis::name).allMatch(page::contains));
        var maps = results.requireObject("analyses").requireObject("Each arm under each prompt").node();
        for (var trait : List.of("french: caps, far, caps", "spanish: language, near, in_language", "stubs: mbpp, near, reward_hack")) {
            assertTrue(maps.has(trait) && maps.get(trait).has("untrained"), trait);
        }
    }
}
