package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Item;
import dev.leeway.eval.Setting;
import dev.leeway.sandbox.Sandbox;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Whether a study's exams can be taken and its contrasts will have values: seen before anything is trained, for a training may take days.
 *
 * @param exams with their items
 * @param options that the study was asked for with
 */
record StudyExamChecks(StudyExams exams, StudyOptions options) {

    private static final int MOST_VALUES = 20;

    /** Items of an exam that cells of contrasts are about. */
    private record Asked(Exam exam, String slice) {
    }

    /** Exams whose files aren't there, or can't be read. */
    void checkLoaded(Problems problems) {
        var byFailure = new LinkedHashMap<String, List<String>>();
        exams.failed().forEach((name, failure) -> byFailure.computeIfAbsent(failure.getMessage(), _ -> new ArrayList<>()).add(name));
        byFailure.forEach((sentence, names) -> {
            var told = names(names.size() == 1 ? "exam" : "exams", names) + sentence;
            if (exams.failed().get(names.getFirst()).kind() == LeewayException.Kind.DATA) {
                problems.addOfData(told);
            } else {
                problems.add(told);
            }
        });
    }

    /** What the exams whose files are there need beside them, and what contrasts need of them. */
    void check(Problems problems) {
        loaded().forEach((exam, benchmark) -> problems.check(() -> {
            checkNeeds(exam, benchmark.needs(), problems);
            checkSettings(exam, benchmark, problems);
            if (StudyExams.items(exam, benchmark).isEmpty()) {
                problems.addOfData("exam " + exam.name() + " has no items");
            }
        }));
        if (loaded().values().stream().anyMatch(benchmark -> benchmark.needs().sandbox())) {
            problems.check(Sandbox::open);
        }
        asked().forEach((asked, contrasts) -> {
            if (count(asked, exams.found().get(asked.exam().name()).items()) == 0) {
                problems.addOfData(names(contrasts.size() == 1 ? "contrast" : "contrasts", contrasts) + none(asked));
            }
        });
    }

    /** Contrasts that get no values for want of items beyond an exam's limit. */
    List<String> notes() {
        if (options.dryRun) {
            return List.of();
        }
        var notes = new ArrayList<String>();
        asked().forEach((asked, contrasts) -> {
            var benchmark = exams.found().get(asked.exam().name());
            var limited = StudyExams.items(asked.exam(), benchmark);
            if (count(asked, limited) == 0 && count(asked, benchmark.items()) > 0) {
                notes.add(names(contrasts.size() == 1 ? "contrast" : "contrasts", contrasts) + "no values, for none of the "
                    + limited.size() + " items that are asked of " + asked.exam().name() + " has " + asked.slice());
            }
        });
        return notes;
    }

    private Map<Exam, Benchmark<?>> loaded() {
        var loaded = new LinkedHashMap<Exam, Benchmark<?>>();
        exams.study().exams().forEach(exam -> Optional.ofNullable(exams.found().get(exam.name()))
            .ifPresent(benchmark -> loaded.put(exam, benchmark)));
        return loaded;
    }

    /** Slices of the exams whose files are there, with the contrasts that are about them. */
    private Map<Asked, List<String>> asked() {
        var loaded = loaded().keySet().stream().collect(Collectors.toMap(Exam::name, exam -> exam));
        var asked = new LinkedHashMap<Asked, List<String>>();
        for (var contrast : exams.study().contrasts()) {
            contrast.cells().stream().filter(cell -> !cell.slice().isEmpty() && loaded.containsKey(cell.exam()))
                .map(cell -> new Asked(loaded.get(cell.exam()), cell.slice())).distinct()
                .forEach(cell -> asked.computeIfAbsent(cell, _ -> new ArrayList<>()).add(contrast.name()));
        }
        return asked;
    }

    private static long count(Asked asked, List<? extends Item> items) {
        return items.stream().filter(item -> StudyExams.isIn(item, asked.slice())).count();
    }

    private String none(Asked asked) {
        var key = asked.slice().split("=", 2)[0];
        var items = exams.found().get(asked.exam().name()).items();
        var values = new TreeSet<String>();
        items.forEach(item -> Optional.ofNullable(item.slices().get(key)).ifPresent(values::add));
        var keys = new TreeSet<String>();
        items.forEach(item -> keys.addAll(item.slices().keySet()));
        return "no item of " + asked.exam().name() + " has " + asked.slice() + (values.isEmpty() ? "; its items have no " + key
            + (keys.isEmpty() ? "" : ", but " + String.join(", ", keys)) : "; its " + key + " is one of " + values.stream()
                .limit(MOST_VALUES).collect(Collectors.joining(", ")) + (values.size() > MOST_VALUES ? " and "
                + (values.size() - MOST_VALUES) + " others" : ""));
    }

    private void checkNeeds(Exam exam, Benchmark.Needs needs, Problems problems) {
        problems.require(!needs.judge() || !options.judge.names().isEmpty(), "--judge_model is missing: exam %s (%s) is judged; name a "
            + "model, or scripted:TEXT|TEXT… for a dry run", exam.name(), exam.benchmark());
        problems.require(!needs.reference() || options.reference.isPresent(), "--reference_model is missing: exam %s (%s) compares with a "
            + "second model", exam.name(), exam.benchmark());
    }

    private void checkSettings(Exam exam, Benchmark<?> benchmark, Problems problems) {
        var settings = exam.prompts().stream().flatMap(prompt -> benchmark.contexts().stream().map(context -> prompt.name()
            + (context.equals(Setting.PLAIN) ? "" : "/" + context))).toList();
        for (var contrast : exams.study().contrasts()) {
            contrast.cells().stream().filter(cell -> cell.exam().equals(exam.name())).map(Contrast.Cell::setting).distinct()
                .filter(setting -> !settings.contains(setting)).forEach(setting -> problems.add("contrast " + contrast.name() + ": "
                    + exam.name() + " is not asked under " + setting + ", but under " + String.join(", ", settings)));
        }
    }

    private static String names(String what, List<String> names) {
        return what + " " + String.join(", ", names) + ": ";
    }
}
