package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Item;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Setting;
import dev.leeway.stats.DetectableEffect;
import dev.leeway.study.BenchmarkExaminer;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Materials;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * What the exams of a study ask, where their data is there, and what its contrasts can see of it.
 *
 * @param study whose
 * @param found each exam's benchmark, by the exam's name
 * @param failed why there is none of the others, by the exam's name
 */
record StudyExams(Study study, Map<String, Benchmark<?>> found, Map<String, LeewayException> failed) {

    /** Of what exams draw, whichever seed a training has: all models are asked the same. */
    static final long SEED = 0;
    private static final double POWER = 0.8;

    /** Loads the benchmarks; items of generators are made. */
    static StudyExams of(Study study, DataFolder given, StudyFolder folder, Materials materials) {
        return of(study, given, folder, materials, _ -> true);
    }

    /** The same of some exams alone. */
    static StudyExams of(Study study, DataFolder given, StudyFolder folder, Materials materials, Predicate<Exam> which) {
        var found = new LinkedHashMap<String, Benchmark<?>>();
        var failed = new LinkedHashMap<String, LeewayException>();
        study.exams().stream().filter(which).forEach(exam -> {
            try {
                var own = exam.items().map(generator -> folder.items(generator, exam.itemSettings(), materials));
                found.put(exam.name(), BenchmarkExaminer.part(exam, own, given).benchmark());
            } catch (LeewayException failure) {
                failed.put(exam.name(), failure);
            }
        });
        return new StudyExams(study, found, failed);
    }

    /** How much an exam asks each model. */
    String extent(Exam exam) {
        return Optional.ofNullable(found.get(exam.name())).map(benchmark -> extent(exam, benchmark)).orElseGet(() ->
            "not planned: " + failed.get(exam.name()).getMessage());
    }

    /**
     * What each model is asked.
     *
     * @param answers that it gives
     * @param written tokens of them at most
     * @param read bytes of what it is asked, and of what it weighs or rates
     */
    record Amount(long answers, long written, long read) {

        private static final Amount NOTHING = new Amount(0, 0, 0);

        private Amount plus(Amount other, long times) {
            return new Amount(answers + times * other.answers, written + times * other.written, read + times * other.read);
        }

        private static Amount of(Request request) {
            long prompt = bytes(request.prompt());
            return switch (request) {
                case Request.Write write -> new Amount(1, write.sampling().maxNewTokens(), prompt);
                case Request.Weigh weigh -> new Amount(1, 0, weigh.options().stream().mapToLong(option -> prompt + bytes(option)).sum());
                case Request.Rate rate -> new Amount(1, 0, prompt + bytes(rate.answer()));
                case Request.Next _ -> new Amount(1, 0, prompt);
            };
        }

        private static long bytes(Prompt prompt) {
            return switch (prompt) {
                case Prompt.Chat chat -> chat.turns().stream().mapToLong(turn -> bytes(turn.content())).sum();
                case Prompt.Text text -> bytes(text.text());
            };
        }

        private static long bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8).length;
        }
    }

    /** How much an exam asks each model; empty where its items aren't there. */
    Optional<Amount> amount(Exam exam) {
        return Optional.ofNullable(found.get(exam.name())).map(benchmark -> amount(exam, benchmark));
    }

    private static <I extends Item> Amount amount(Exam exam, Benchmark<I> benchmark) {
        long epochs = epochs(exam, benchmark);
        var amount = Amount.NOTHING;
        for (var item : items(exam, benchmark)) {
            for (var prompt : exam.prompts()) {
                for (var context : benchmark.contexts()) {
                    amount = amount.plus(Amount.of(benchmark.request(item, new Setting(prompt, context))), epochs);
                }
            }
        }
        return amount;
    }

    private static long epochs(Exam exam, Benchmark<?> benchmark) {
        return exam.extent().epochs() > 0 ? exam.extent().epochs() : benchmark.card().epochs();
    }

    private static <I extends Item> String extent(Exam exam, Benchmark<I> benchmark) {
        var items = items(exam, benchmark);
        long answers = items.size() * epochs(exam, benchmark) * exam.prompts().size() * benchmark.contexts().size();
        var longest = items.stream().map(item -> benchmark.request(item, new Setting(exam.prompts().getFirst(),
            benchmark.contexts().getFirst()))).flatMapToInt(StudyExams::written).max();
        return String.format(Locale.ROOT, "%,d items%s, %,d answers%s", items.size(), drawn(exam, items.size(), benchmark), answers,
            text(longest));
    }

    private static String drawn(Exam exam, int items, Benchmark<?> benchmark) {
        int all = benchmark.items().size();
        return exam.extent().isDrawn() && items < all ? String.format(Locale.ROOT, " drawn of %,d", all) : "";
    }

    private static IntStream written(Request request) {
        return request instanceof Request.Write write ? IntStream.of(write.sampling().maxNewTokens())
            : IntStream.empty();
    }

    private static String text(OptionalInt longest) {
        return longest.isPresent() ? String.format(Locale.ROOT, " of up to %,d tokens", longest.getAsInt()) : ", weighed or rated";
    }

    /** Those that are asked. */
    static <I extends Item> List<I> items(Exam exam, Benchmark<I> benchmark) {
        int limit = exam.extent().limit();
        return limit == 0 ? benchmark.items() : exam.extent().isDrawn() ? benchmark.drawn(limit, SEED) : benchmark.first(limit);
    }

    /**
     * What each primary contrast finds with a power of 0.8 after Bonferroni's correction, in standard deviations, which no plan knows: of
     * what a seed moves it where there are several, else of what an item does.
     */
    List<String> detectable() {
        var primary = study.contrasts().stream().filter(contrast -> contrast.role() == Contrast.Role.PRIMARY).toList();
        boolean isCorrected = !study.terms().correction().equals("none");
        var effect = new DetectableEffect(study.terms().alpha(), POWER).among(isCorrected ? Math.max(1, primary.size()) : 1);
        int seeds = study.terms().seeds().size();
        return primary.stream().map(contrast -> "detects   " + contrast.name() + ": " + (seeds > 1
            ? detected(effect, seeds, "seed") : least(contrast).map(units -> detected(effect, units,
                contrast.unit().name().toLowerCase(Locale.ROOT))).orElse("not known: items "
            + "aren't there"))).toList();
    }

    private static String detected(DetectableEffect effect, int count, String unit) {
        return count < 2 ? "nothing: there is one " + unit : String.format(Locale.ROOT,
            "%.2f standard deviations of what one %s moves it (%d %ss), or more", effect.student(1 / Math.sqrt(count), count - 1.0), unit,
            count, unit);
    }

    /** Of its smallest cell, what is drawn independently of its items; empty where one's aren't there. */
    private Optional<Integer> least(Contrast contrast) {
        var counts = contrast.cells().stream().map(cell -> Optional.ofNullable(found.get(cell.exam())).map(benchmark ->
            items(study.exams().stream().filter(exam -> exam.name().equals(cell.exam())).findFirst().orElseThrow(), benchmark).stream()
                .filter(item -> isIn(item, cell.slice())).map(item -> contrast.unit().of(item.id(), item.slices())).distinct().count()))
            .toList();
        return counts.stream().anyMatch(Optional::isEmpty) ? Optional.empty()
            : counts.stream().flatMap(Optional::stream).map(Long::intValue).min(Integer::compare);
    }

    static boolean isIn(Item item, String slice) {
        return slice.isEmpty() || item.slices().entrySet().stream()
            .anyMatch(entry -> (entry.getKey() + "=" + entry.getValue()).equals(slice));
    }
}
