package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepListener;
import dev.leeway.train.TrainingSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with random weights is asked while it is trained. */
final class ProbeTest {

    private static final int STEPS = 6;
    private static final List<String> WORDS = List.of("Where does Ana live?", "two", "A cat drinks milk.", "x", "Who?");

    private static Device device;

    @TempDir
    private Path folder;
    private JsonObject json;

    @BeforeAll
    static void openDevice() {
        device = Device.cpu();
    }

    @AfterAll
    static void closeDevice() {
        device.close();
    }

    @BeforeEach
    void makeTokenizer() throws IOException {
        try (var tokenizer = TinyTokenizer.in(folder)) {
            json = JsonFile.parse("tiny", """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d, "hidden_size": 32,
                 "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                 "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
                 "eos_token_id": 1}""".formatted(tokenizer.vocabSize()));
        }
    }

    private record Word(String id) implements Item {
        @Override
        public Map<String, String> slices() {
            return Map.of("first", id.substring(0, 1));
        }
    }

    /** Measures the hash of a response, so that any bit of any answer shows. */
    private record Hashed(String name, Function<String, Request> ask, Needs needs) implements Benchmark<Word> {

        RunPlan.Part part() {
            return new RunPlan.Part(this, new LinkedHashMap<>(), new LinkedHashMap<>());
        }

        @Override
        public Card card() {
            return new Card(name, 1, name, new Source("none", "nobody", Optional.empty(), List.of(), "make it up"),
                new Card.Measure("hash", Card.Kind.REAL), Card.Better.HIGHER, 3);
        }

        @Override
        public List<Word> items() {
            return WORDS.stream().map(Word::new).toList();
        }

        @Override
        public List<String> contexts() {
            return List.of(Setting.PLAIN, "sad");
        }

        @Override
        public Request request(Word item, Setting setting) {
            assertEquals(Setting.EvaluationPrompt.NONE, setting.prompt());
            return ask.apply(item.id());
        }

        @Override
        public List<Score> score(List<Answer<Word>> answers, Instruments instruments) {
            return answers.stream().map(answer -> Score.of("hash", answer.response() instanceof Response.Unable unable
                ? Value.missing(unable.reason()) : Value.of(answer.response().hashCode()))).toList();
        }
    }

    private static List<RunPlan.Part> parts() {
        var none = Benchmark.Needs.NOTHING;
        return Stream.of(new Hashed("drawn", word -> new Request.Write(Prompt.user(word), Request.Sampling.at(1, 20)), none),
            new Hashed("greedy", word -> new Request.Write(new Prompt.Text(word), Request.Sampling.greedy(30)), none),
            new Hashed("weighed", word -> new Request.Weigh(Prompt.user(word), List.of(" yes", " zebra crossing")), none),
            new Hashed("next", word -> new Request.Next(Prompt.user(word), Set.of()), none))
            .map(Hashed::part).toList();
    }

    private static Probe probe(int limit) {
        return new Probe("it", Candidate.Ability.LANGUAGE, parts(), limit);
    }

    /** Three rows of random tokens, packed. */
    private static BatchSource rows(int vocabulary) {
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                var random = new Random(step);
                var rows = new ArrayList<Batch.Sequence>();
                for (int row = 0; row < 3; row++) {
                    var mask = new boolean[12 + row];
                    Arrays.fill(mask, 1, mask.length, true);
                    rows.add(new Batch.Sequence(random.ints(mask.length, 0, vocabulary).toArray(), mask, row));
                }
                return List.of(Batch.of(rows));
            }

            @Override
            public double epochs(int steps) {
                return steps;
            }
        };
    }

    /** What becomes of a training that is listened to: the bits of every parameter, with what {@code then} makes of the session. */
    private Map<String, float[]> train(Optional<AdapterConfig> adapter, Optional<Probe> probe,
            List<SequencedMap<String, Statistic>> found) {
        var config = ConfigReader.read(json);
        var reach = probe.map(asked -> asked.reach(folder)).orElse(new Probe.Reach(0, 0, false));
        var settings = new TrainingSession.Settings(adapter, Math.max(14, reach.longest()), Math.max(39, reach.read()), 3,
            AdamW.Settings.standard(), reach.writes() ? 2 : 0);
        try (var session = TrainingSession.open(config, settings, device)) {
            new Initializer(1, 0.3).fillBase(session.model());
            new Initializer(1, 0.3).fillAdapter(session.model());
            var subject = probe.map(_ -> Probe.live(folder, reach.longest(), session));
            StepListener listener = report -> probe.filter(_ -> report.step() % 2 == 0).ifPresent(asked ->
                found.add(asked.ask(subject.orElseThrow())));
            session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.LINEAR, 1, STEPS, 0), 1e-2, new TrainingNoise(7, 0, 5))
                .train(rows(config.vocabSize()), listener);
            subject.ifPresent(Subject::close);
            var values = new TreeMap<String, float[]>();
            session.model().trainedParameters().forEach(one -> values.put(one.name(), device.floats(one.value())));
            if (adapter.isEmpty()) {
                ModelDirectory.save(session.model(), folder.resolve("saved"), json, folder);
            }
            return values;
        }
    }

    private static void requireSameBits(Map<String, float[]> expected, Map<String, float[]> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), 0, name));
    }

    @Test
    void aProbeMovesNoBitOfTheTrainedModel() {
        var dropout = new AdapterConfig(LoraScale.of(2, 8), new ModuleSelection.AllLinear(), 0.3, List.of(), Optional.of("CAUSAL_LM"), "");
        for (var adapter : List.of(Optional.<AdapterConfig>empty(), Optional.of(dropout))) {
            var found = new ArrayList<SequencedMap<String, Statistic>>();
            requireSameBits(train(adapter, Optional.empty(), found), train(adapter, Optional.of(probe(5)), found));
            assertEquals(STEPS / 2, found.size());
            assertEquals(List.of("drawn_hash", "greedy_hash", "weighed_hash", "next_hash"), List.copyOf(found.getFirst().keySet()));
            assertNotEquals(found.getFirst(), found.getLast(), "the model moves, and the probe sees it");
        }
    }

    /** What a probe says behind the last step is what an evaluation says of the model that was saved there. */
    @Test
    void aModelInTrainingAnswersAsTheSavedOneDoes() {
        var found = new ArrayList<SequencedMap<String, Statistic>>();
        train(Optional.empty(), Optional.of(probe(3)), found);
        var candidate = EngineSubject.candidate(new EngineSubject.Model(folder.resolve("saved"), Optional.empty()),
            new EngineSubject.Room(128, 5), DType.F32, device);
        try (var saved = candidate.opener().get()) {
            assertEquals(probe(3).ask(saved), found.getLast());
        }
        assertTrue(found.getLast().values().stream().allMatch(statistic -> statistic.items() == 3 && statistic.missing() == 0));
        var plan = new RunPlan(List.of(candidate), parts(), List.of(Setting.EvaluationPrompt.NONE), new RunPlan.Extent(OptionalInt.of(1),
            OptionalInt.of(3)), 0);
        var results = new Runner(Instruments.NONE, new Runner.Division(2, false), RunListener.SILENT).run(plan,
            folder.resolve("records.jsonl")).orElseThrow().results();
        var whole = new LinkedHashMap<String, Statistic>();
        results.stream().filter(result -> result.setting().context().equals(Setting.PLAIN)).forEach(result -> result.statistics().stream()
            .filter(statistic -> statistic.slice().isEmpty()).forEach(statistic ->
                whole.put(result.benchmark().card().id() + "_" + statistic.name(), statistic)));
        assertEquals(whole, found.getLast());
    }

    @Test
    void aQuestionThatIsTooLongIsMissingAndCounted() throws IOException {
        Files.createDirectories(folder.resolve("saved"));
        train(Optional.empty(), Optional.empty(), new ArrayList<>());
        var candidate = EngineSubject.candidate(new EngineSubject.Model(folder.resolve("saved"), Optional.empty()),
            new EngineSubject.Room(10, 5), DType.F32, device);
        try (var saved = candidate.opener().get()) {
            var drawn = probe(5).ask(saved).get("drawn_hash");
            assertTrue(drawn.missing() > 0 && drawn.missing() + drawn.items() == 5, drawn::toString);
        }
    }

    @Test
    void whatATrainingCannotGiveIsRefused() {
        var judged = new Hashed("graded", word -> new Request.Write(Prompt.user(word), Request.Sampling.greedy(1)), Benchmark.Needs.JUDGE);
        assertEquals("benchmark graded needs a judge, which a training doesn't have; ask it of the checkpoints with leeway eval",
            assertThrows(LeewayException.class, () -> new Probe("it", Candidate.Ability.LANGUAGE, List.of(judged.part()), 1)).getMessage());
        assertEquals("benchmark drawn needs a language model, and it is a reward model; leave one of the two out",
            assertThrows(LeewayException.class, () -> new Probe("it", Candidate.Ability.RATING, parts(), 1)).getMessage());
    }
}
