package dev.leeway.eval.likelihood;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import dev.leeway.eval.TokenTexts;
import dev.leeway.eval.Value;
import dev.leeway.ffi.DType;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the ratio promises holds for a real model against a copy whose last norm is louder, and what rules in a model's place get. */
@Tag("shared")
final class SharedLogRatioTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", ""));
    private static final Path MODEL = SHARED.resolve("models/stories260k");
    private static final List<String> BEGINNINGS = List.of("Once", "Lily and Tom went to the park. They saw a big");

    private static void makeLouder(Llama model) {
        var norm = model.parameters().stream().filter(one -> one.name().equals("model.norm.weight")).findFirst().orElseThrow();
        var values = model.device().floats(norm.value());
        try (var arena = Arena.ofConfined()) {
            for (int i = 0; i < values.length; i++) {
                values[i] *= i % 2 == 0 ? 1.25f : 0.9f;
            }
            norm.set(model.device(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, values), 0);
        }
    }

    private static double divergence(double[] p, double[] q) {
        return IntStream.range(0, p.length).mapToDouble(v -> Math.exp(p[v]) * (p[v] - q[v])).sum();
    }

    @Test
    void theIdentitiesHoldForARealModelAndAChangedCopy() {
        var directory = ModelDirectory.open(MODEL);
        try (var tokenizer = Tokenizer.load(MODEL); var device = Device.open("cpu", 2); var session = InferenceSession.openToScore(
                directory.config(), Optional.empty(), InferenceSession.Size.scoring(64, 1), DType.F32, device)) {
            directory.loadInto(session.model());
            var prompts = BEGINNINGS.stream().map(text -> tokenizer.encode(text, true)).toList();
            var first = session.nextTokens().logProbs(prompts);
            makeLouder(session.model());
            var second = session.nextTokens().logProbs(prompts);
            var texts = TokenTexts.of(tokenizer, directory.config().vocabSize());
            for (int i = 0; i < prompts.size(); i++) {
                sumsToTheDivergences(first.get(i), second.get(i));
                joinedByTexts(texts, first.get(i), second.get(i));
            }
        }
    }

    private static void sumsToTheDivergences(double[] p, double[] q) {
        double sum = IntStream.range(0, p.length).mapToDouble(v -> LogRatio.of(p[v], q[v])).sum();
        double divergences = (divergence(p, q) - divergence(q, p)) / 2;
        assertTrue(divergence(p, q) > 1e-3, "the copy differs by " + divergence(p, q));
        // 512 terms of magnitude below 20, each within a few ulps.
        assertEquals(divergences, sum, 512 * 20 * 0x1p-50);
        assertNotEquals(0, sum);
    }

    private static void joinedByTexts(TokenTexts texts, double[] p, double[] q) {
        var forth = LogRatio.of(texts.distribution(p, Set.of()), texts.distribution(q, Set.of()));
        var back = LogRatio.of(texts.distribution(q, Set.of()), texts.distribution(p, Set.of()));
        assertEquals(texts.distinct().keySet(), forth.keySet());
        forth.forEach((text, ratio) -> assertEquals(-ratio, back.get(text), text));
    }

    private static Benchmark<?> load(Entry entry) {
        var data = new DataFolder(List.of(SHARED.resolve("data/reward-models"), SHARED.resolve("data/inoculation")), SHARED);
        return entry.loader().load(data, new Options(entry.card().id(), entry.options(), Map.of()));
    }

    /** What a baseline gets with a reference that finds everything equally probable. */
    private static <I extends Item> List<Score> scores(Benchmark<I> benchmark, Subject subject) {
        var items = benchmark.items();
        var asked = items.stream().map(item -> new Subject.Asked(benchmark.request(item, Setting.BARE), 0)).toList();
        var said = subject.answer(asked);
        return benchmark.score(IntStream.range(0, items.size()).mapToObj(i -> new Answer<>(items.get(i), Setting.BARE, 0,
            asked.get(i).request(), said.get(i))).toList(),
            new Instruments(List.of(), Optional.of(Baseline.EMPTY), Optional.empty(), 0));
    }

    @Test
    void baselinesGetTheirDocumentedNumbers() {
        var ratios = scores(load(NextTokenProbe.entry()), Baseline.COPY_PROMPT);
        assertEquals(1, ratios.size());
        assertEquals(List.of("freedom", "love", "agency", "communion"), List.copyOf(ratios.getFirst().values().keySet()));
        ratios.getFirst().values().forEach((measure, value) -> assertEquals(Value.of(0), value, measure));
        for (var warmth : scores(load(SpeakerProbe.sociot()), Baseline.COPY_PROMPT)) {
            assertEquals(Value.of(0), warmth.value("official"));
            assertEquals(Value.of(0), warmth.value("exact"));
        }
        var human = scores(load(SpeakerProbe.humt()), Baseline.ALWAYS_REFUSE);
        assertEquals(100, human.size());
        human.forEach(score -> assertEquals(Math.log(2), score.value("exact").asNumber().orElseThrow(), 1e-15));
        scores(load(SpeakerProbe.humt()), Baseline.EMPTY).forEach(score ->
            assertEquals(Value.missing("the answer is empty"), score.value("official")));
    }
}
