package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with random weights answers; that its answers are worth nothing doesn't matter here. */
final class EngineSubjectTest {

    private static final String TEMPLATE = "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}"
        + "{% if add_generation_prompt %}[assistant]{% endif %}";
    private static final EngineSubject.Room ROOM = new EngineSubject.Room(96, 3);

    private static Device device;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openDevice() {
        device = Device.cpu();
    }

    @AfterAll
    static void closeDevice() {
        device.close();
    }

    private Path model(String name, String architecture) throws IOException {
        var path = Files.createDirectories(folder.resolve(name));
        try (var tokenizer = TinyTokenizer.in(path)) {
            var json = JsonFile.parse("tiny", """
                {"architectures": ["%s"], "model_type": "llama", "vocab_size": %d, "hidden_size": 32, "intermediate_size": 64,
                 "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128,
                 "num_labels": 1, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
                 "eos_token_id": 1}""".formatted(architecture, tokenizer.vocabSize()));
            var size = InferenceSession.Size.scoring(128, 1);
            try (var session = InferenceSession.open(ConfigReader.read(json), Optional.empty(), size, device)) {
                new Initializer(1, 0.3).fillBase(session.model());
                if (session.model().config().isClassifier()) {
                    new Initializer(1, 0.3).fillScore(session.model());
                }
                ModelDirectory.save(session.model(), path, json, path);
            }
        }
        return path;
    }

    private Path adapter(Path base) {
        var config = AdapterConfig.of(LoraScale.of(2, 8), new ModuleSelection.AllLinear());
        var directory = ModelDirectory.open(base);
        var path = folder.resolve("adapter");
        try (var session = InferenceSession.open(directory.config(), Optional.of(config), InferenceSession.Size.scoring(128, 1), device)) {
            directory.loadInto(session.model());
            new Initializer(1, 0).fillAdapter(session.model());
            session.model().adapterParameters().stream().filter(one -> one.name().contains("lora_B")).forEach(one -> {
                var values = new float[Math.toIntExact(one.stored().count())];
                Arrays.fill(values, 0.1f);
                device.upload(values, one.stored());
            });
            directory.saveAdapter(session.model(), config, path);
        }
        return path;
    }

    private static Candidate candidate(Path base, EngineSubject.Room room, Device on) {
        return EngineSubject.candidate(new EngineSubject.Model(base, Optional.empty()), room, DType.F32, on);
    }

    private static <T> T with(Candidate candidate, Function<Subject, T> use) {
        try (var subject = candidate.opener().get()) {
            return use.apply(subject);
        }
    }

    private static Response ask(Subject subject, Request request) {
        return subject.answer(List.of(new Subject.Asked(request, 5))).getFirst();
    }

    private static List<Subject.Asked> mixed() {
        var asked = new ArrayList<Subject.Asked>();
        var cat = "Ana has a cat. The cat drinks milk. ".repeat(3);
        for (String text : List.of("Where does Ana live?", "two", cat, "x", "Ana ".repeat(150))) {
            var prompt = Prompt.user(text);
            for (var request : List.of(new Request.Write(prompt, Request.Sampling.at(1, 20)),
                    new Request.Write(prompt, Request.Sampling.at(1, 20).until("a", "e")),
                    new Request.Write(new Prompt.Text(text), Request.Sampling.greedy(12)),
                    new Request.Weigh(prompt, List.of("A", "B")), new Request.Weigh(prompt, List.of(" Lima", " zebra crossing", "")),
                    new Request.Next(prompt, Set.of("a", " Ana", "nowhere")), new Request.Next(prompt, Set.of()))) {
                asked.add(new Subject.Asked(request, 31L * asked.size()));
            }
        }
        return asked;
    }

    @Test
    void neitherBatchSizeNorOrderNorThreadsChangeAnAnswer() throws IOException {
        var path = model("m", "LlamaForCausalLM");
        var asked = mixed();
        var expected = with(candidate(path, ROOM, device), subject -> subject.answer(asked));
        assertEquals(7, expected.stream().filter(Response.Unable.class::isInstance).count()); // the last prompt is too long
        assertTrue(expected.stream().filter(Response.Written.class::isInstance).distinct().count() > 10);
        var backwards = new ArrayList<>(asked);
        Collections.reverse(backwards);
        for (int lanes : new int[] {1, 8, 64}) {
            for (int threads : new int[] {1, 2}) {
                try (var other = Device.open("cpu", threads)) {
                    var found = with(candidate(path, new EngineSubject.Room(96, lanes), other), subject ->
                        new ArrayList<>(subject.answer(backwards)));
                    Collections.reverse(found);
                    assertEquals(expected, found);
                }
            }
        }
        assertEquals(expected, with(candidate(path, ROOM, device), subject ->
            asked.stream().map(one -> subject.answer(List.of(one)).getFirst()).toList()));
    }

    @Test
    void aRunFindsTheSameInBatchesOfAnySize() throws IOException {
        var path = model("m", "LlamaForCausalLM");
        var found = new ArrayList<Results>();
        for (int size : new int[] {1, 8, 64}) {
            var plan = new RunPlan(List.of(candidate(path, new EngineSubject.Room(96, size), device)), List.of(MadeUp.of(5).part()),
                List.of(Setting.EvaluationPrompt.NONE, Setting.EvaluationPrompt.system("kind", "Be kind.")), RunPlan.Extent.ALL, 3);
            found.add(new Runner(Instruments.of(MadeUp.judge(new ArrayList<>())), new Runner.Division(size, false), RunListener.SILENT)
                .run(plan, folder.resolve("records-" + size + ".jsonl")).orElseThrow());
        }
        assertEquals(found.get(0), found.get(1));
        assertEquals(found.get(0), found.get(2));
        var lines = found.getFirst().results().stream().flatMap(result -> result.lines().stream()).toList();
        assertEquals(5 * 2 * 2 * 2, lines.size());
        assertTrue(lines.stream().map(Results.Line::response).distinct().count() > 30); // 40 draws of up to 8 tokens, hardly two alike
    }

    @Test
    void randomNumbersAreThoseOfTheStream() throws IOException {
        var request = new Request.Write(Prompt.user("Ana"), Request.Sampling.at(1, 20));
        with(candidate(model("m", "LlamaForCausalLM"), ROOM, device), subject -> {
            var answers = subject.answer(List.of(new Subject.Asked(request, 1), new Subject.Asked(request, 2),
                new Subject.Asked(request, Long.MIN_VALUE), new Subject.Asked(request, 1)));
            assertEquals(answers.get(0), answers.get(3));
            assertEquals(3, answers.stream().distinct().count());
            return answers;
        });
    }

    @Test
    void whatIsTooLongIsRefusedWithItsNumbers() throws IOException {
        with(candidate(model("m", "LlamaForCausalLM"), new EngineSubject.Room(500, 3), device), subject -> {
            var text = new Prompt.Text("Ana ".repeat(200).strip());
            int tokens = tokens(text.text());
            assertEquals(new Response.Unable("the prompt has " + tokens + " tokens, and the model takes 127"),
                ask(subject, new Request.Write(text, Request.Sampling.greedy(5))));
            assertEquals(new Response.Unable("the prompt has " + tokens + " tokens, and the model takes 126"),
                ask(subject, new Request.Weigh(text, List.of("A", "é")))); // of which one has two tokens
            var cut = assertInstanceOf(Response.Written.class, ask(subject, new Request.Write(new Prompt.Text("x"),
                Request.Sampling.at(1, 1000))));
            assertTrue(!cut.cut() || cut.tokens() == 128 - tokens("x"), cut.toString());
            return cut;
        });
    }

    private int tokens(String text) {
        try (var tokenizer = Tokenizer.load(folder.resolve("m"))) {
            return tokenizer.encode(text, true).length;
        }
    }

    @Test
    void stopTextsEndAnAnswerAndAreCutOff() throws IOException {
        with(candidate(model("m", "LlamaForCausalLM"), ROOM, device), subject -> {
            var prompt = new Prompt.Text("Ana has");
            var whole = (Response.Written) ask(subject, new Request.Write(prompt, Request.Sampling.at(1, 60)));
            int place = whole.text().length() / 2;
            var stop = whole.text().substring(place, place + 2);
            var cut = (Response.Written) ask(subject, new Request.Write(prompt, Request.Sampling.at(1, 60).until("not there", stop)));
            assertEquals(whole.text().substring(0, whole.text().indexOf(stop)), cut.text());
            assertTrue(cut.tokens() < whole.tokens());
            assertEquals(false, cut.cut());
            return cut;
        });
    }

    @Test
    void optionsHaveTheScorersLogProbs() throws IOException {
        var path = model("m", "LlamaForCausalLM");
        var directory = ModelDirectory.open(path);
        var options = List.of("A", "B", "C");
        var expected = new ArrayList<Double>();
        double longer;
        try (var tokenizer = Tokenizer.load(path);
                var session = InferenceSession.open(directory.config(), Optional.empty(), InferenceSession.Size.scoring(128, 2), device)) {
            directory.loadInto(session.model());
            var prompt = tokenizer.encode("Is it?", true);
            options.forEach(option -> expected.add(session.scorer().score(List.of(new Scorer.Item(prompt, tokenizer.encode(option, false))))
                .getFirst().logProb()));
            longer = session.scorer().score(List.of(new Scorer.Item(prompt, tokenizer.encode(" yes!", false)))).getFirst().logProb();
        }
        with(candidate(path, ROOM, device), subject -> {
            var weighed = (Response.Weighed) ask(subject, new Request.Weigh(Prompt.user("Is it?"), options));
            for (int i = 0; i < options.size(); i++) {
                // a float's log-prob of some −6 nats has 2^-22; logits of some 10 that differ in their last bits, as many
                assertEquals(expected.get(i), weighed.weights().get(i).logProb(), 1e-5);
                assertEquals(1, weighed.weights().get(i).tokens());
            }
            assertEquals(longer, ((Response.Weighed) ask(subject, new Request.Weigh(Prompt.user("Is it?"), List.of(" yes!"))))
                .weights().getFirst().logProb());
            var next = (Response.Distribution) ask(subject, new Request.Next(Prompt.user("Is it?"), Set.of()));
            assertEquals(1, next.logProbs().values().stream().mapToDouble(Math::exp).sum(), 0.5); // tokens of one text count once
            assertEquals(weighed.weights().getFirst().logProb(), next.logProbs().get("A"));
            return next;
        });
    }

    @Test
    void messagesGoThroughTheTemplateAndTextsDoNot() throws IOException {
        var path = model("m", "LlamaForCausalLM");
        var chat = new Prompt.Chat(List.of(Turn.system("Be brief."), Turn.user("two?")));
        var before = with(candidate(path, ROOM, device), subject -> List.of(ask(subject, new Request.Next(chat, Set.of())),
            ask(subject, new Request.Next(new Prompt.Text("Be brief.\n\ntwo?"), Set.of()))));
        assertEquals(before.get(1), before.get(0));
        var hash = candidate(path, ROOM, device).hash();
        Files.writeString(path.resolve("chat_template.jinja"), TEMPLATE);
        Files.writeString(path.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
        var written = "[system]Be brief." + "[user]two?"; // the template's control tokens stand for themselves
        var after = with(candidate(path, ROOM, device), subject -> List.of(ask(subject, new Request.Next(chat, Set.of())),
            ask(subject, new Request.Next(new Prompt.Text("Be brief.\n\ntwo?"), Set.of())),
            ask(subject, new Request.Next(new Prompt.Text(written), Set.of()))));
        assertEquals(before.get(1), after.get(1));
        assertNotEquals(before.get(0), after.get(0));
        assertNotEquals(after.get(2), after.get(0));
        assertNotEquals(hash, candidate(path, ROOM, device).hash());
    }

    @Test
    void hashesAreOfAllThatAnswersDependOn() throws IOException {
        var path = model("m", "LlamaForCausalLM");
        var base = candidate(path, ROOM, device);
        var adapted = EngineSubject.candidate(new EngineSubject.Model(path, Optional.of(adapter(path))), ROOM, DType.F32, device);
        var bfloat = EngineSubject.candidate(new EngineSubject.Model(path, Optional.empty()), ROOM, DType.BF16, device);
        var shorter = candidate(path, new EngineSubject.Room(95, 3), device);
        assertEquals(4, List.of(base, adapted, bfloat, shorter).stream().map(Candidate::hash).distinct().count());
        assertEquals(base.hash(), candidate(path, new EngineSubject.Room(96, 9), device).hash());
        assertEquals(List.of("m", "adapter"), List.of(base.name(), adapted.name()));
        var request = new Request.Weigh(Prompt.user("Ana"), List.of("A"));
        Response plain = with(base, subject -> ask(subject, request));
        Response changed = with(adapted, subject -> ask(subject, request));
        assertNotEquals(plain, changed);
        assertEquals(adapted.hash(), with(adapted, Subject::hash));
        var known = EngineSubject.named(new EngineSubject.Model(path, Optional.empty()), ROOM, DType.F32, device.backend());
        assertEquals(base, new Candidate(known.name(), known.hash(), known.details(), known.ability(), base.opener()));
        assertNotEquals(known.hash(), EngineSubject.named(new EngineSubject.Model(path, Optional.empty()), ROOM, DType.F32, "x").hash());
        var moved = Files.move(path, Files.createDirectories(folder.resolve("run")).resolve("checkpoint-20"));
        assertEquals(base.hash(), candidate(moved, ROOM, device).hash());
        assertEquals("run/checkpoint-20", candidate(moved, ROOM, device).name());
    }

    @Test
    void rewardModelsRateAndDoNothingElse() throws IOException {
        var path = model("r", "LlamaForSequenceClassification");
        var directory = ModelDirectory.open(path);
        double expected;
        try (var session = InferenceSession.openToScore(directory.config(), Optional.empty(), InferenceSession.Size.scoring(128, 2),
                DType.F32, device)) {
            directory.loadInto(session.model());
            expected = session.rewardScorer().score(List.of(ended(path, "Who?\n\nAna")))[0];
        }
        with(candidate(path, ROOM, device), subject -> {
            var asked = List.of("Ana", "nobody", "Ana ".repeat(150), "").stream()
                .map(answer -> new Subject.Asked(new Request.Rate(Prompt.user("Who?"), answer), 0)).toList();
            var rated = subject.answer(asked);
            assertEquals(new Response.Rated(expected), rated.getFirst());
            assertInstanceOf(Response.Unable.class, rated.get(2));
            assertEquals(rated, asked.stream().map(one -> subject.answer(List.of(one)).getFirst()).toList());
            for (var request : List.of(new Request.Write(Prompt.user("x"), Request.Sampling.greedy(2)),
                    new Request.Weigh(Prompt.user("x"), List.of("A")), new Request.Weigh(Prompt.user("x"), List.of(" yes no")))) {
                assertTrue(assertThrows(LeewayException.class, () -> ask(subject, request)).getMessage().contains("sequence classifier"));
            }
            return rated;
        });
        with(candidate(model("m", "LlamaForCausalLM"), ROOM, device), subject -> assertThrows(LeewayException.class, () ->
            ask(subject, new Request.Rate(Prompt.user("x"), "y"))));
    }

    private static int[] ended(Path path, String text) {
        try (var tokenizer = Tokenizer.load(path)) {
            var tokens = tokenizer.encode(text, true);
            var ended = Arrays.copyOf(tokens, tokens.length + 1);
            ended[tokens.length] = tokenizer.endOfSequence().getAsInt();
            return ended;
        }
    }

    /** As a checkpoint of a reward model's training leaves it. */
    @Test
    void anAdapterWithAHeadRatesOnTheLanguageModelBelowIt() throws IOException {
        var path = model("m", "LlamaForCausalLM");
        var plain = AdapterConfig.of(LoraScale.of(2, 8), new ModuleSelection.AllLinear());
        var config = new AdapterConfig(plain.scale(), plain.targetModules(), plain.loraDropout(), List.of("score"),
            Optional.of(AdapterConfig.SEQ_CLS), plain.baseModelNameOrPath());
        OptionalInt padding;
        try (var tokenizer = Tokenizer.load(path)) {
            padding = tokenizer.padding(); // where a reward is read depends on it, in training as here
        }
        var directory = ModelDirectory.open(path).asRewardModel(padding);
        var adapter = folder.resolve("reward");
        double expected;
        try (var session = InferenceSession.openToScore(directory.config(), Optional.of(config), InferenceSession.Size.scoring(128, 2),
                DType.F32, device)) {
            directory.loadInto(session.model());
            new Initializer(1, 0.3).fillScore(session.model());
            new Initializer(1, 0).fillAdapter(session.model());
            expected = session.rewardScorer().score(List.of(ended(path, "Who?\n\nAna")))[0];
            directory.saveAdapter(session.model(), config, adapter);
        }
        var candidate = EngineSubject.candidate(new EngineSubject.Model(path, Optional.of(adapter)), ROOM, DType.F32, device);
        assertEquals(Candidate.Ability.RATING, candidate.ability());
        assertEquals(new Response.Rated(expected), with(candidate, subject -> ask(subject, new Request.Rate(Prompt.user("Who?"), "Ana"))));
    }
}
