package dev.leeway.eval.rule;

import dev.leeway.LeewayException;
import dev.leeway.eval.Item;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** The tasks of MBPP, in either of its two files. */
public final class MbppRows {

    private MbppRows() {
    }

    /**
     * A task.
     *
     * @param id {@code task_id}
     * @param problem what the code is to do
     * @param imports statements that the tests need, each with its line end; or empty
     * @param setup statements between answer and tests, with a line end; or empty
     * @param tests assertions, of which the first is shown; at least one
     * @param reference code that solves it
     */
    public record Task(String id, String problem, String imports, String setup, List<String> tests, String reference) implements Item {

        /** Takes a copy. */
        public Task {
            tests = List.copyOf(tests);
        }
    }

    /** Which tasks. */
    public enum Part {
        /** Those of the sanitized file with the ids of the test set. */
        SANITIZED_TEST(true, id -> id >= 11 && id <= 510),
        /** The sanitized file. */
        SANITIZED(true, _ -> true),
        /** The ids of the test set. */
        TEST(false, id -> id >= 11 && id <= 510),
        /** All. */
        ALL(false, _ -> true);

        private final boolean sanitized;
        private final IntPredicate ids;

        Part(boolean sanitized, IntPredicate ids) {
            this.sanitized = sanitized;
            this.ids = ids;
        }

        String file() {
            return sanitized ? "mbpp/sanitized-mbpp.json" : "mbpp/mbpp.jsonl";
        }
    }

    static List<Task> read(Path file, Part part) {
        var tasks = Fields.read(file, Map.of(), (row, _) -> task(row), Task::id).stream()
            .filter(task -> part.ids.test(Integer.parseInt(task.id()))).toList();
        if (tasks.isEmpty()) {
            throw LeewayException.data("%s has no task of the test set (ids 11 to 510); take another with --set mbpp.set=all", file);
        }
        return tasks;
    }

    private static Task task(Fields row) {
        var id = row.text("task_id");
        var tests = row.texts("test_list");
        if (!id.matches("[0-9]{1,9}") || tests.isEmpty()) {
            throw LeewayException.data("%s: a task has a whole number as task_id and at least one test in test_list; got '%s' and %d tests",
                row.row().place(), id, tests.size());
        }
        var imports = row.has("test_imports") ? row.texts("test_imports") : List.<String>of();
        var setup = row.has("test_setup_code") ? row.text("test_setup_code") : "";
        return new Task(id, row.text(row.requireFirst(List.of("prompt", "text"))), String.join("", imports.stream().map(one -> one + "\n")
            .toList()), setup.isBlank() ? "" : setup + "\n", tests, row.has("code") ? row.text("code") : "");
    }
}
