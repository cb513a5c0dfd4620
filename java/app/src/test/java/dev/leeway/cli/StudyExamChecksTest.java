package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.LeewayException.Kind;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Catalogue;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Request;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Exam;
import dev.leeway.study.Scale;
import dev.leeway.study.Stage;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.toy.ToyMaterials;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a study's contrasts need of its exams, seen before anything is trained. */
class StudyExamChecksTest {

    private static final Arm ARM = Arm.of("tuned", "on rows", new Stage("tune", "sft", Optional.empty(), new LinkedHashMap<>(), ""));

    private record Topical(String id, String topic) implements Item {
        @Override
        public Map<String, String> slices() {
            return Map.of("topic", topic);
        }
    }

    /** Asks nobody. */
    private record Topics(List<Topical> items, Needs needs) implements Benchmark<Topical> {
        @Override
        public Card card() {
            return Catalogue.named("prism").card();
        }

        @Override
        public Request request(Topical item, Setting setting) {
            throw new AssertionError("nobody is asked");
        }

        @Override
        public List<Score> score(List<Answer<Topical>> answers, Instruments instruments) {
            throw new AssertionError("nobody answers");
        }
    }

    private static Topics topics(Benchmark.Needs needs) {
        return new Topics(List.of(new Topical("1", "Discussions on Abortion"), new Topical("2", "Climate")), needs);
    }

    private static Study study(int limit, Contrast... contrasts) {
        var exams = List.of("views", "others").stream().map(name -> new Exam(name, "prism", Optional.empty(), new LinkedHashMap<>(),
            List.of(Setting.EvaluationPrompt.NONE), new Exam.Extent(Exam.When.ARM_END, limit, 1))).toList();
        return new Study(new Study.Title("one", "Does it?", ""), new LinkedHashMap<>(), List.of(ARM), exams, List.of(contrasts),
            new Study.Terms(List.of(0L), 0.05, "none"));
    }

    private static Contrast contrast(String name, String slice, String setting) {
        var cell = new Cell("tuned", "views", "stance", slice, setting);
        return Contrast.difference(name, Contrast.Role.PRIMARY, cell, cell.in("topic=Climate"));
    }

    private static StudyExamChecks checks(Study study, Benchmark<?> benchmark, Map<String, LeewayException> failed) {
        return new StudyExamChecks(new StudyExams(study, Map.of("views", benchmark), failed), new StudyOptions());
    }

    private static LeewayException failure(StudyExamChecks checks) {
        return assertThrows(LeewayException.class, () -> Problems.requireNone(problems -> {
            checks.checkLoaded(problems);
            checks.check(problems);
        }));
    }

    @Test
    void aSliceWithoutItemsIsNamedWithThoseThatThereAre() {
        var study = study(0, contrast("gap", "topic=abortion", "none"), contrast("again", "topic=abortion", "none"),
            contrast("other", "party=left", "none"));
        var failure = failure(checks(study, topics(Benchmark.Needs.NOTHING), Map.of()));
        assertEquals(Kind.DATA, failure.kind());
        assertEquals("contrasts gap, again: no item of views has topic=abortion; its topic is one of Climate, Discussions on Abortion; "
            + "1 more problem below:\n  contrast other: no item of views has party=left; its items have no party, but topic",
            failure.getMessage());
    }

    @Test
    void whatAnExamNeedsIsAskedForWithAllElse() {
        var study = study(0, contrast("gap", "topic=abortion", "formal"));
        var failure = failure(checks(study, topics(new Benchmark.Needs(true, true, false)), Map.of("others",
            LeewayException.data("prism.csv is not there"))));
        assertEquals(Kind.USAGE, failure.kind());
        for (var told : List.of("exam others: prism.csv is not there; 4 more problems below:",
            "--judge_model is missing: exam views (prism)",
                "--reference_model is missing: exam views (prism)", "contrast gap: views is not asked under formal, but under none",
                "contrast gap: no item of views has topic=abortion")) {
            assertTrue(failure.getMessage().contains(told), () -> told + " in " + failure.getMessage());
        }
    }

    @Test
    void aStudyWhoseContrastsHaveItemsIsNotRefused() {
        var study = study(0, contrast("gap", "topic=Discussions on Abortion", "none"));
        var checks = checks(study, topics(Benchmark.Needs.NOTHING), Map.of());
        Problems.requireNone(checks::check);
        assertEquals(List.of(), checks.notes());
    }

    /** The data has what the limit cuts off, and no contrast alone can be left out. */
    @Test
    void aLimitThatLeavesAContrastWithoutItemsIsTold() {
        var study = study(1, contrast("gap", "topic=Discussions on Abortion", "none"));
        var checks = checks(study, topics(Benchmark.Needs.NOTHING), Map.of());
        Problems.requireNone(checks::check);
        assertEquals(List.of("contrast gap: no values, for none of the 1 items that are asked of views has topic=Climate"),
            checks.notes());
    }

    /** Sorted by topic, as files are: the first items have one of the two, and those that a run draws have both. */
    @Test
    void itemsThatAreDrawnAreLookedAtWhereARunDrawsThem() {
        var items = IntStream.range(0, 40).mapToObj(i -> new Topical("item-" + i, i < 20 ? "Discussions on Abortion" : "Climate")).toList();
        var benchmark = new Topics(items, Benchmark.Needs.NOTHING);
        var first = study(10, contrast("gap", "topic=Discussions on Abortion", "none"));
        assertEquals(1, checks(first, benchmark, Map.of()).notes().size());
        var exams = first.exams().stream().map(exam -> new Exam(exam.name(), exam.benchmark(), exam.items(), exam.options(), exam.prompts(),
            exam.extent().drawn())).toList();
        var drawn = new Study(first.title(), first.rows(), first.arms(), exams, first.contrasts(), first.terms());
        assertEquals(benchmark.drawn(10, 0), StudyExams.items(exams.getFirst(), benchmark));
        assertEquals(List.of(), checks(drawn, benchmark, Map.of()).notes());
    }

    static Stream<Arguments> toys() {
        return Studies.all().stream().flatMap(study -> Stream.of(
            Arguments.of(study.name() + " smoke", study.at(Scale.SMOKE, Path.of(""))),
            Arguments.of(study.name() + " toy", study.at(Scale.TOY, Path.of("")))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("toys")
    void everyToyStudyHasWhatItsContrastsNeed(String name, Study study, @TempDir Path folder) {
        var exams = StudyExams.of(study, new DataFolder(List.of(), folder.resolve("hub")), new StudyFolder(folder), new ToyMaterials());
        var checks = new StudyExamChecks(exams, new StudyOptions());
        Problems.requireNone(problems -> {
            checks.checkLoaded(problems);
            checks.check(problems);
        });
        assertEquals(List.of(), checks.notes(), name);
    }
}
