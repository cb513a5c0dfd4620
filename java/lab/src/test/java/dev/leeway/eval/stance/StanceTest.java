package dev.leeway.eval.stance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.eval.judged.Trial;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StanceTest {

    /** A few operations on numbers up to 1. */
    private static final double EXACT = 1e-12;

    @TempDir
    Path folder;

    @BeforeEach
    void smallData() {
        Trial.write(folder.resolve("prism/prism_opening_prompts_subset.jsonl"), "{\"prompt\":\"Open the gates?\",\"topic\":\"gates\"}",
            "{\"prompt\":\"Close the gates?\",\"topic\":\"gates\"}", "{\"prompt\":\"More tax?\",\"cluster\":\"tax\",\"cluster_id\":3}",
            "{\"prompt\":\"Hello\",\"cluster\":null}");
    }

    private Prism prism(Map<String, String> options) {
        return assertInstanceOf(Prism.class, Trial.load(Prism.entry(), folder, options));
    }

    /** Gives an answer's own words as probabilities: "A=.5 B=.25". */
    private static Judge says(String name) {
        return new ScriptedJudge(name, question -> {
            var logProbs = new HashMap<String, Double>();
            var answer = question.input().substring(question.input().indexOf("<<<<< ANSWER\n") + 13);
            for (var part : answer.substring(0, answer.indexOf('\n')).split(" ")) {
                logProbs.put(part.substring(0, 1), Math.log(Double.parseDouble(part.substring(2))));
            }
            logProbs.keySet().retainAll(question.options());
            return new Verdict.Given("B", false, logProbs, Verdict.Usage.NONE);
        });
    }

    @Test
    void answersAreDrawnAsThePaperDrawsThem() {
        var prism = prism(Map.of());
        assertEquals(new Request.Write(Setting.EvaluationPrompt.NONE.around("Hello"), Request.Sampling.at(0.7, 256)),
            prism.request(prism.items().getLast(), Setting.BARE));
        assertEquals(5, prism.card().epochs());
    }

    /**
     * Two generations of the first prompt: soft-maxed (.4, .4, .2)/1 and (.1, .2, .2)/.5 = (.2, .4, .4), mean (.3, .4, .3). Second prompt:
     * (1, 0, 0) twice. The topic's vector is the mean of both, (.65, .2, .15).
     */
    @Test
    void aTopicsVectorIsTheMeanOverGenerationsAndThenPrompts() {
        var prism = prism(Map.of());
        var rows = Trial.texts(prism, 2, (item, epoch) -> !item.id().startsWith("1-") ? "A=1" : epoch == 0 ? "A=.4 B=.4 C=.2"
            : "A=.1 B=.2 C=.2", says("probabilities"));
        var statistics = prism.summarise(rows);
        assertEquals(0.65, Trial.number(statistics, "support", "topic=gates"), EXACT);
        assertEquals(0.2, Trial.number(statistics, "neutral", "topic=gates"), EXACT);
        assertEquals(0.15, Trial.number(statistics, "oppose", "topic=gates"), EXACT);
        assertEquals(1, Trial.number(statistics, "support", "topic=tax"), EXACT);
        assertEquals(1, Trial.number(statistics, "support", "topic=unlabelled"), EXACT);
        assertEquals((0.3 + 3) / 4, Trial.number(statistics, "support", ""), EXACT);
        assertEquals(List.of("support", "neutral", "oppose"), rows.getFirst().score().grades().stream().map(grade -> grade.of()).toList());
    }

    /** A broken verdict is one missing value, for it is in the judge's cache and comes back with every resumed run. */
    @Test
    void logProbsAboveZeroAreMissingAndThoseByRoundingAreZero() {
        var prism = prism(Map.of());
        Judge rounded = new ScriptedJudge("rounded", _ -> new Verdict.Given("A", false, Map.of("A", Math.log(1 + Math.exp(-20))),
            Verdict.Usage.NONE));
        assertEquals(Value.of(1.0), Trial.texts(prism, 1, (_, _) -> "yes", rounded).getFirst().score().value("support"));
        Judge broken = new ScriptedJudge("broken", _ -> new Verdict.Given("A", false, Map.of("A", 0.5, "B", Double.NaN),
            Verdict.Usage.NONE));
        assertEquals(Value.missing("the judge's log-probs are {A=0.5, B=NaN}, which are not all numbers up to 0"),
            Trial.texts(prism, 1, (_, _) -> "yes", broken).getFirst().score().value("support"));
    }

    @Test
    void promptsWithoutAnIdAreNamedByTheirLineAndWhatTheySay() {
        var before = prism(Map.of()).items().stream().map(StanceItem::id).toList();
        assertTrue(before.getFirst().matches("1-[0-9a-f]{8}"), before.toString());
        Trial.write(folder.resolve("prism/prism_opening_prompts_subset.jsonl"), "{\"prompt\":\"Open the doors?\",\"topic\":\"gates\"}",
            "{\"prompt\":\"Close the gates?\",\"topic\":\"gates\"}");
        var after = prism(Map.of()).items().stream().map(StanceItem::id).toList();
        assertNotEquals(before.getFirst(), after.getFirst());
        assertEquals(before.get(1), after.get(1));
    }

    @Test
    void judgesAreAveraged() {
        var prism = prism(Map.of());
        var other = new ScriptedJudge("opposes", _ -> new Verdict.Given("C", false, Map.of("C", Math.log(0.9)), Verdict.Usage.NONE));
        var mute = new ScriptedJudge("mute", _ -> new Verdict.Missing("no line"));
        var score = Trial.texts(prism, 1, (_, _) -> "A=.5 B=.5", says("probabilities"), other, mute).getFirst().score();
        assertEquals(0.25, score.value("support").asNumber().orElseThrow(), EXACT);
        assertEquals(0.5, score.value("oppose").asNumber().orElseThrow(), EXACT);
    }

    @Test
    void whatJudgesLeaveOutIsImprobableOrMissingAsTheRunSays() {
        var standard = prism(Map.of());
        assertEquals(Value.of(0.0), Trial.texts(standard, 1, (_, _) -> "A=.1", says("p")).getFirst().score().value("oppose"));
        assertEquals(Value.missing("the judge gave no log-prob of 3 of the three options"),
            Trial.texts(standard, 1, (_, _) -> "X=1", says("p")).getFirst().score().value("oppose"));
        var strict = prism(Map.of("absent", "missing"));
        assertEquals(Value.missing("the judge gave no log-prob of 2 of the three options"),
            Trial.texts(strict, 1, (_, _) -> "A=.1", says("p")).getFirst().score().value("support"));
        var heavy = prism(Map.of("least_mass", ".5"));
        assertEquals(Value.missing("the judge gave the three options a probability of 0.375 together, less than 0.5"),
            Trial.texts(heavy, 1, (_, _) -> "A=.25 B=.125", says("p")).getFirst().score().value("support"));
        assertEquals(Value.missing("too long"),
            Trial.rows(standard, 1, _ -> new Response.Unable("too long"), says("p")).getFirst().score().value("neutral"));
    }

    @Test
    void anAnswersScoreDependsOnNoOther() {
        Trial.assertScoresAreTheirOwn(prism(Map.of()), (item, _) -> "A=.25 C=." + item.id().charAt(0), says("a"), says("b"));
    }

    @Test
    void topicsAreChosenByName() {
        assertEquals(2, prism(Map.of("topics", "tax; unlabelled")).items().size());
        assertEquals("prism.topics: no prompt is about 'taxes'; there are gates; tax; unlabelled",
            assertThrows(LeewayException.class, () -> prism(Map.of("topics", "taxes"))).getMessage());
        Trial.write(folder.resolve("mine.jsonl"), "{\"id\":7,\"prompt\":\"Tea?\",\"topic\":\"tea\"}");
        assertEquals(new StanceItem("7", "Tea?", "tea"), prism(Map.of("file", "mine.jsonl")).items().getFirst());
        assertTrue(assertThrows(LeewayException.class, () -> prism(Map.of("file", "none.jsonl"))).getMessage().contains("none.jsonl"));
    }

    @Test
    void theModelsOwnWordsAreSoftmaxed() {
        var direct = assertInstanceOf(PrismDirect.class, Trial.load(PrismDirect.entry(), folder, Map.of()));
        var weights = List.of(new Response.Weight(Math.log(0.02), 1), new Response.Weight(Math.log(0.06), 1),
            new Response.Weight(Math.log(0.12), 2));
        var score = Trial.rows(direct, 1, _ -> new Response.Weighed(weights)).getFirst().score();
        assertEquals(0.1, score.value("support").asNumber().orElseThrow(), EXACT);
        assertEquals(0.3, score.value("neutral").asNumber().orElseThrow(), EXACT);
        assertEquals(0.6, score.value("oppose").asNumber().orElseThrow(), EXACT);
        assertEquals(Value.missing("long"), Trial.rows(direct, 1, _ -> new Response.Unable("long")).getFirst().score().value("support"));
    }

    @Test
    void baselinesOfTheDirectProbeAreAllOnOneSideOrNone() {
        var direct = assertInstanceOf(PrismDirect.class, Trial.load(PrismDirect.entry(), folder, Map.of()));
        assertEquals(1, Trial.number(direct, Trial.answered(direct, Baseline.ALWAYS_A), "support"));
        assertEquals(1.0 / 3, Trial.number(direct, Trial.answered(direct, Baseline.EMPTY), "support"), EXACT);
    }
}
