package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportsTest {

    @Test
    void aRunLeavesItsCurveAndEventsWhereTheyAreLookedFor(@TempDir Path folder) throws IOException {
        var model = TinyModel.model(folder);
        var out = folder.resolve("out");
        for (int i = 0; i < 2; i++) {
            Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"), "--eval_split", 0.2,
                "--max_steps", 3, "--report_to", "tensorboard", "--output_dir", out, "--overwrite_output_dir");
        }
        var page = Files.readString(out.resolve("loss.html"));
        assertEquals(3, page.split("<polyline", -1).length - 1, "loss, its mean, eval_loss");
        assertEquals(2, page.split("<circle", -1).length - 1, "evaluations");
        assertFalse(page.contains("http") || page.contains("<script") || page.contains("NaN"), page);
        try (var runs = Files.list(out.resolve("runs"))) {
            var files = runs.toList();
            assertEquals(1, files.size(), "a new run replaces the events of the one before");
            var text = new String(Files.readAllBytes(files.getFirst()), java.nio.charset.StandardCharsets.ISO_8859_1);
            for (var tag : new String[] {"brain.Event:2", "train/loss", "train/learning_rate", "train/grad_norm", "eval/loss"}) {
                assertTrue(text.contains(tag), tag);
            }
        }
    }

    @Test
    void eachEvaluatedSetHasAColourOfItsOwn() {
        var evaluated = new Metrics.Evaluated(0, new TreeMap<>(Map.of("eval_a_loss", 1.0, "eval_b_loss", 2.0)));
        var page = LossPage.html("two", new Metrics(List.of(new Metrics.Step(1, 1.5, 1, 1)), List.of(evaluated)));
        assertTrue(page.contains("color:#c4411a\">▬</span> eval_a_loss, <span style=\"color:#2a8a3e\">▬</span> eval_b_loss"), page);
        assertTrue(page.contains("stroke:#c4411a") && page.contains("stroke:#2a8a3e"), page);
    }

    @Test
    void theDrawingIsWellFormedForOneStepAndForMany() throws Exception {
        for (int steps : new int[] {1, 2, 5000}) {
            var list = java.util.stream.IntStream.rangeClosed(1, steps).mapToObj(i -> new Metrics.Step(i, 1.0 / i, 1, i)).toList();
            var evaluated = new Metrics.Evaluated(0, new TreeMap<>(Map.of("eval_loss", 1.0)));
            var page = LossPage.html("a <run> & more", new Metrics(list, List.of(evaluated)));
            assertTrue(page.contains("a &lt;run&gt; &amp; more"));
            assertTrue(page.length() < 60_000, "a drawing does not grow with the run: " + page.length());
            var svg = page.substring(page.indexOf("<svg"), page.indexOf("</svg>") + 6);
            javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new org.xml.sax.InputSource(new StringReader(svg)));
        }
    }
}
