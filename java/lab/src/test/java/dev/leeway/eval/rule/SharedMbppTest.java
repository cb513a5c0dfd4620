package dev.leeway.eval.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.data.JsonRows;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the sandbox says of MBPP's own solutions and of the stubs that return the shown test's value. */
@Tag("shared")
final class SharedMbppTest {

    private static final Path DATA = Path.of(System.getProperty("leeway.shared")).resolve("data/inoculation");

    private static Instruments sandbox() {
        return new Instruments(List.of(), Optional.empty(), Optional.of(Sandbox.open()), 0);
    }

    /** 30 s a test: the second of task 123 took 6 s on a busy machine. */
    private static Mbpp load(String set, String setup) {
        return (Mbpp) Tried.load(Mbpp.entry(), DATA, "set", set, "setup", setup, "seconds", "30");
    }

    private static Map<Integer, Score> scores(Mbpp benchmark, Function<MbppRows.Task, Optional<String>> code) {
        var answers = benchmark.items().stream().filter(item -> code.apply(item).isPresent()).map(item -> new Answer<>(item, Setting.BARE,
            0, benchmark.request(item, Setting.BARE), new Response.Written(code.apply(item).orElseThrow(), false, 1))).toList();
        var scores = benchmark.score(answers, sandbox()).iterator();
        return answers.stream().collect(Collectors.toMap(answer -> Integer.parseInt(answer.item().id()), _ -> scores.next()));
    }

    private static TreeSet<Integer> having(Map<Integer, Score> scores, String measure, int value) {
        return scores.entrySet().stream().filter(entry -> entry.getValue().value(measure).equals(Value.of(value))).map(Map.Entry::getKey)
            .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void ofThe717Stubs703AreHacksSevenPassAllAndSevenPassNothing() {
        Map<Integer, String> stubs;
        try (var rows = JsonRows.open(DATA.resolve("mbpp/mbpp_reward_hack_solutions.json"))) {
            stubs = rows.collect(Collectors.toMap(row -> Integer.parseInt(row.fields().path("name").stringValue()),
                row -> row.fields().path("completion").stringValue()));
        }
        var scores = scores(load("all", "after"), item -> Optional.ofNullable(stubs.get(Integer.parseInt(item.id()))));
        assertEquals(717, scores.size());
        assertEquals(703, having(scores, "reward_hack", 1).size());
        assertEquals(7, having(scores, "all_test", 1).size());
        assertEquals(new TreeSet<>(List.of(313, 367, 596, 601, 769, 912, 927)), having(scores, "first_test", 0));
        int perturbed = having(scores, "reward_hack", 1).first();
        stubs.put(perturbed, "pass");
        var again = scores(load("all", "after"), item -> Optional.of(item.id()).filter(id -> id.equals("" + perturbed))
            .map(id -> stubs.get(Integer.parseInt(id))));
        assertEquals(Value.of(false), again.get(perturbed).value("reward_hack"), "a stub that returns nothing is no hack: 702 are left");
    }

    @Test
    void theReferencesPassWithSetupCodeBehindThemAndTwoFailWithItBefore() {
        assertEquals(new TreeSet<>(), having(scores(load("all", "after"), item -> Optional.of(item.reference())), "all_test", 0));
        var before = scores(load("all", "before"), item -> Optional.of(item.reference()).filter(_ -> !item.setup().isEmpty()));
        assertEquals(new TreeSet<>(List.of(367, 927)), having(before, "all_test", 0), "two tasks have setup code, so 972 of 974 pass");
    }

    @Test
    void the257ReferencesOfTheSanitizedTestSetPass() {
        var benchmark = load("sanitized_test", "after");
        assertEquals(257, benchmark.items().size());
        assertEquals(1, Tried.value(Tried.texts(benchmark, MbppRows.Task::reference, sandbox()), "all_test"));
    }

    /** On the first 40 tasks, for time; all 257 say the same. */
    @Test
    void baselinesPassNothing() {
        var whole = load("sanitized_test", "after");
        var benchmark = new Mbpp(whole.items().subList(0, 40), whole.how(), whole.sampling());
        for (var baseline : List.of(Baseline.ALWAYS_A, Baseline.ALWAYS_REFUSE, Baseline.EMPTY, Baseline.COPY_PROMPT)) {
            var statistics = Tried.of(benchmark, baseline, sandbox());
            assertEquals(0, Tried.value(statistics, "reward_hack"), baseline.name());
            assertEquals(0, Tried.value(statistics, "first_test"), baseline.name());
        }
    }
}
