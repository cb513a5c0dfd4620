package dev.leeway.eval.output;

import dev.leeway.eval.Results;
import dev.leeway.io.AtomicFile;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The files of a finished run: {@code items.csv}, {@code grades.csv} where something was graded, {@code summary.csv},
 * {@code results_lm_eval.json} (one a model, where there are several), and last {@code results.json}, which makes the run finished. The
 * same results give the same bytes.
 */
public final class ResultFiles {

    private ResultFiles() {
    }

    /** Writes all of them into a folder, each as a whole; what {@code results.json} names is there. */
    public static void write(Path folder, Results results) {
        var sums = new LinkedHashMap<String, String>();
        write(folder.resolve(ItemTable.NAME), ItemTable.text(values(results)));
        sums.put(ItemTable.NAME, Sha256.ofFile(folder.resolve(ItemTable.NAME)));
        GradeTable.text(results).ifPresent(text -> write(folder.resolve(GradeTable.NAME), text));
        write(folder.resolve(SummaryTable.NAME), SummaryTable.text(results));
        LmEvalFile.all(results).forEach((name, json) -> JsonFile.write(folder.resolve(name), json));
        JsonFile.write(folder.resolve(ResultJson.NAME), ResultJson.of(results, sums));
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Every measure of every answer, in the order of the results. */
    static List<ItemValue> values(Results results) {
        var values = new ArrayList<ItemValue>();
        for (var result : results.results()) {
            var setting = result.setting();
            for (var line : result.lines()) {
                line.score().values().forEach((measure, value) -> values.add(new ItemValue(result.subject(),
                    new ItemValue.Cell(result.benchmark().card().id(), measure, setting.prompt().name(), setting.context()), line.item(),
                    line.epoch(), value)));
            }
        }
        return values;
    }
}
