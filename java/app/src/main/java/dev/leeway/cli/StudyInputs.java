package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.study.Plan;
import dev.leeway.study.Rows;
import dev.leeway.study.Scale;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a study is begun with: a base model, and files.
 *
 * @param plan of the study
 * @param options that it was planned with
 */
record StudyInputs(Plan plan, StudyOptions options) {

    private static final List<String> OF_MODEL = List.of("config_name_or_path", "model_name_or_path");
    private static final String NAMED = "data:";
    private static final String ABSENT = "#absent";

    /**
     * Refuses a study that would end for want of them. Toy studies make all that they need.
     *
     * @param exams checks those whose items are not made
     * @throws LeewayException with everything that isn't there
     */
    void require(Consumer<Problems> exams) {
        if (options.scale() == Scale.FULL) {
            Problems.requireNone(this::requireNamed);
        }
        Problems.requireNone(problems -> {
            if (options.scale() == Scale.FULL) {
                checkFiles(problems);
            }
            exams.accept(problems);
        });
    }

    private void checkFiles(Problems problems) {
        var absent = Stream.concat(rows(), ofOptions()).distinct().toList();
        if (!absent.isEmpty()) {
            problems.addOfData("--data: the study needs " + absent.stream().map(Path::toString).collect(Collectors.joining(", "))
                + ", which " + (absent.size() == 1 ? "is" : "are") + " not there; put " + (absent.size() == 1 ? "it" : "them")
                + " in place (leeway study list says what a study needs)");
        }
    }

    private void requireNamed(Problems problems) {
        problems.require(options.data.isPresent(), "--data is missing: at full scale, name the folder of the study's data (leeway study "
            + "list says what is in it)");
        plan.nodes().stream().filter(node -> node.before().isEmpty() && OF_MODEL.stream().noneMatch(node.stage().options()::containsKey))
            .findFirst().ifPresent(first -> problems.require(options.base.isPresent(), "--model_name_or_path is missing: %s of arm %s "
                + "begins with a base model (leeway study list says which)", first.stage().name(), first.arm()));
    }

    private Stream<Path> rows() {
        return plan.rows().values().stream().flatMap(rows -> file(rows.rows()).stream()).filter(file -> !Files.exists(file));
    }

    /** Files and folders that options of stages name. */
    private Stream<Path> ofOptions() {
        return plan.nodes().stream().flatMap(node -> node.stage().options().values().stream())
            .flatMap(value -> Stream.of(value.split(",", -1))).filter(value -> value.contains(NAMED) && value.endsWith(ABSENT))
            .map(value -> Path.of(options.paths().path(value.substring(value.indexOf(NAMED)))));
    }

    /** The file that rows were given in, whole or in part; empty where they are made. */
    static Optional<Path> file(Rows rows) {
        return switch (rows) {
            case Rows.Given given -> Optional.of(given.file());
            case Rows.Thinned thinned -> file(thinned.of());
            case Rows.Made _ -> Optional.empty();
        };
    }
}
