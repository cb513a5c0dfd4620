package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.ModelHash;
import dev.leeway.io.Sha256;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.Inference;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A model of a folder on this engine. A language model writes and weighs, a …ForSequenceClassification rates. What is longer than the
 * model or the planned room is {@link Response.Unable}, with the numbers; an answer that would go on behind the last position is cut there.
 *
 * <p>Options that all have one token are weighed, and next tokens are told, from one reading of the prompt; other options are read behind
 * the prompt each.
 */
public final class EngineSubject implements Subject {

    /** Of next tokens, that are held at once: a vocabulary's is a megabyte. */
    private static final int DISTRIBUTIONS = 16;

    private final String name;
    private final String hash;
    private final int length;
    private final SubjectTexts texts;
    private final Inference model;
    private final Runnable release;

    /**
     * Which model.
     *
     * @param base its directory; a checkpoint is one too
     * @param adapter a PEFT directory on top of it
     */
    public record Model(Path base, Optional<Path> adapter) {

        /** The name of the folder that a run made: the adapter's, or else the base's; a checkpoint's behind that of its run. */
        public String name() {
            var folder = adapter.orElse(base).toAbsolutePath().normalize();
            boolean isCheckpoint = folder.getFileName() != null && folder.getFileName().toString().matches("checkpoint-\\d+");
            var parent = folder.getParent();
            return isCheckpoint && parent != null && parent.getFileName() != null ? parent.getFileName() + "/" + folder.getFileName()
                : String.valueOf(folder.getFileName());
        }

        /** The base's; with the adapter of a reward model it is one, whose head the adapter brings. */
        private ModelDirectory directory() {
            var directory = ModelDirectory.open(base);
            if (adapter.filter(folder -> AdapterConfig.read(folder.resolve(AdapterDirectory.CONFIG)).isClassifier()).isEmpty()) {
                return directory;
            }
            try (var tokenizer = Tokenizer.load(base)) {
                return directory.asRewardModel(tokenizer.padding());
            }
        }
    }

    /**
     * How much room there is.
     *
     * @param maxLength tokens of a prompt and its answer; the model's own limit where that is less
     * @param lanes requests that are answered at once, which changes no answer
     */
    public record Room(int maxLength, int lanes) {

        /** Checks the room. */
        public Room {
            if (maxLength < 2 || lanes < 1) {
                throw LeewayException.usage("max_length must be at least 2 and batch_size at least 1; got %d and %d", maxLength, lanes);
            }
        }
    }

    private EngineSubject(Candidate known, int length, SubjectTexts texts, Inference model, Runnable release) {
        name = known.name();
        hash = known.hash();
        this.length = length;
        this.texts = texts;
        this.model = model;
        this.release = release;
    }

    /**
     * A model that is being trained, as it is whenever it is asked; its hash stands for none of its states. It is asked between steps, and
     * stays open.
     *
     * @param folder with its tokenizer, and its chat template if it has one
     * @param length tokens of a prompt and its answer that it was planned for
     */
    static Subject live(String name, Path folder, int length, Inference model) {
        return new EngineSubject(Candidate.of(name, Candidate.Ability.BOTH), length, SubjectTexts.of(folder), model, () -> { });
    }

    /**
     * A model that is opened when it is asked something. All of its files are read once now, for the hash.
     *
     * @param device must stay open as long as the subject
     * @throws LeewayException if it is no model
     */
    public static Candidate candidate(Model model, Room room, DType dtype, Device device) {
        return candidate(model, room, dtype, device.backend(), known -> open(model, known, room, dtype, device));
    }

    /**
     * The same model, which nobody opens: it is named as it would be on a back end, which need not be there.
     *
     * @throws LeewayException if it is no model
     */
    public static Candidate named(Model model, Room room, DType dtype, String backend) {
        return candidate(model, room, dtype, backend, _ -> Candidate.NEVER.get());
    }

    private static Candidate candidate(Model model, Room room, DType dtype, String backend, Opener opener) {
        var details = new LinkedHashMap<String, String>();
        details.put("model", ModelHash.of(model.base()));
        model.adapter().ifPresent(folder -> details.put("adapter", ModelHash.of(folder)));
        details.put("tokenizer", Sha256.ofFile(model.base().resolve("tokenizer.json")));
        ChatFormat.ofModel(model.base()).ifPresent(chat -> details.put("chat_template", new Sha256().add(chat.source()).hex()));
        details.put("dtype", dtype.name().toLowerCase(Locale.ROOT));
        details.put("device", backend);
        var directory = model.directory();
        details.put("max_length", Integer.toString(length(directory, room)));
        var ability = directory.config().isClassifier() ? Candidate.Ability.RATING : Candidate.Ability.LANGUAGE;
        return candidate(model, details, ability, opener);
    }

    private interface Opener {
        Subject open(Candidate known);
    }

    private static Candidate candidate(Model model, SequencedMap<String, String> details, Candidate.Ability ability,
            Opener opener) {
        var sum = new Sha256();
        details.forEach((what, value) -> sum.add(what).add(value));
        var known = new Candidate(model.name(), sum.hex(), details, ability, Candidate.NEVER);
        return new Candidate(known.name(), known.hash(), details, ability, () -> opener.open(known));
    }

    private static int length(ModelDirectory directory, Room room) {
        return Math.min(room.maxLength(), directory.config().maxPositionEmbeddings());
    }

    private static EngineSubject open(Model model, Candidate known, Room room, DType dtype, Device device) {
        var directory = model.directory();
        int length = length(directory, room);
        var texts = SubjectTexts.of(model.base());
        try (var adapter = Opened.of(model.adapter().map(AdapterDirectory::open))) {
            var size = InferenceSession.Size.scoring(length, room.lanes());
            var session = InferenceSession.open(directory.config(), adapter.directory().map(AdapterDirectory::config), size, dtype, device);
            try {
                directory.loadInto(session.model());
                adapter.directory().ifPresent(loaded -> ModelDirectory.loadAdapter(session.model(), loaded));
                return new EngineSubject(known, length, texts, session, session::close);
            } catch (Throwable failure) {
                session.close();
                throw failure;
            }
        } catch (Throwable failure) {
            texts.close();
            throw failure;
        }
    }

    /** An adapter's directory while it is read, if there is one. */
    private record Opened(Optional<AdapterDirectory> directory) implements AutoCloseable {

        static Opened of(Optional<AdapterDirectory> directory) {
            return new Opened(directory);
        }

        @Override
        public void close() {
            directory.ifPresent(AdapterDirectory::close);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String hash() {
        return hash;
    }

    @Override
    public List<Response> answer(List<Asked> asked) {
        var responses = new Response[asked.size()];
        var writes = new LinkedHashMap<Request.Sampling, Batch<Request.Write>>();
        var weighs = new Batch<Request.Weigh>();
        var nexts = new Batch<Request.Next>();
        var rates = new Batch<Request.Rate>();
        for (int i = 0; i < responses.length; i++) {
            switch (asked.get(i).request()) {
                case Request.Write write -> writes.computeIfAbsent(write.sampling(), _ -> new Batch<>()).add(i, write);
                case Request.Weigh weigh -> weighs.add(i, weigh);
                case Request.Next next -> nexts.add(i, next);
                case Request.Rate rate -> rates.add(i, rate);
            }
        }
        writes.forEach((sampling, batch) -> write(batch, sampling, asked, responses));
        weigh(weighs, responses);
        tell(nexts, responses);
        rate(rates, responses);
        return List.of(responses);
    }

    /** Requests of one kind, with their places in the call. */
    private record Batch<R extends Request>(List<Integer> places, List<R> requests) {

        Batch() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(int place, R request) {
            places.add(place);
            requests.add(request);
        }
    }

    /** The tokens of each prompt that can be read, by place; what can't gets its response. */
    private <R extends Request> SequencedMap<Integer, int[]> prompts(Batch<R> batch, int behind, Response[] responses) {
        var prompts = new LinkedHashMap<Integer, int[]>();
        for (int i = 0; i < batch.places().size(); i++) {
            int place = batch.places().get(i);
            texts.prompt(batch.requests().get(i).prompt()).fit(length - behind).ifElse(tokens -> prompts.put(place, tokens),
                unable -> responses[place] = unable);
        }
        return prompts;
    }

    private void write(Batch<Request.Write> batch, Request.Sampling sampling, List<Asked> asked, Response[] responses) {
        var prompts = prompts(batch, 1, responses);
        var parameters = new SamplingParameters(sampling.temperature(), 0, sampling.topP(), 0, 1, 0);
        var request = new Generator.Request(parameters, sampling.maxNewTokens(), texts.endIds(), texts.stop(sampling.stops()));
        var singles = new ArrayList<dev.leeway.rollout.Prompt>();
        prompts.forEach((place, tokens) -> singles.add(dev.leeway.rollout.Prompt.single(tokens, asked.get(place).stream())));
        var completions = model.generator().generate(singles, request).iterator();
        prompts.keySet().forEach(place -> responses[place] = written(completions.next().getFirst(), sampling.stops()));
    }

    private Response written(Completion completion, List<String> stops) {
        var whole = texts.written(completion.tokens());
        var text = StopText.cut(whole, stops);
        return new Response.Written(text, completion.finish() == Completion.Finish.LENGTH && text.length() == whole.length(),
            completion.tokens().length);
    }

    private void weigh(Batch<Request.Weigh> batch, Response[] responses) {
        var once = new LinkedHashMap<Integer, List<Continued>>();
        var each = new LinkedHashMap<Integer, List<Continued>>();
        for (int i = 0; i < batch.places().size(); i++) {
            int place = batch.places().get(i);
            texts.weighed(batch.requests().get(i), length, options -> (Continued.areNextTokens(options) ? once : each).put(place, options),
                unable -> responses[place] = unable);
        }
        weighOnce(once, responses);
        var items = each.values().stream().flatMap(List::stream).map(option -> new Scorer.Item(option.context(), option.continuation()))
            .toList();
        var scores = (items.isEmpty() ? List.<Scorer.Score>of() : model.scorer().score(items)).iterator();
        each.forEach((place, options) -> responses[place] = new Response.Weighed(options.stream()
            .map(option -> new Response.Weight(finite(scores.next().logProb()), option.continuation().length)).toList()));
    }

    private void weighOnce(SequencedMap<Integer, List<Continued>> asked, Response[] responses) {
        var prompts = new LinkedHashMap<Integer, int[]>();
        asked.forEach((place, options) -> prompts.put(place, options.getFirst().context()));
        next(prompts, (place, logProbs) -> responses[place] = new Response.Weighed(asked.get(place).stream()
            .map(option -> new Response.Weight(finite(logProbs[option.continuation()[0]]), 1)).toList()));
    }

    private void tell(Batch<Request.Next> batch, Response[] responses) {
        var prompts = prompts(batch, 1, responses);
        next(prompts, (place, logProbs) -> {
            Arrays.stream(logProbs).forEach(this::finite);
            var wanted = batch.requests().get(batch.places().indexOf(place)).texts();
            responses[place] = texts.distribution(logProbs, wanted);
        });
    }

    /** What takes the log-probs of every token behind a prompt. */
    private interface NextSink {
        void take(int place, double[] logProbs);
    }

    /** So many prompts at a time: the distributions of all of them at once would be too much. */
    private void next(SequencedMap<Integer, int[]> prompts, NextSink sink) {
        var places = List.copyOf(prompts.keySet());
        for (int first = 0; first < places.size(); first += DISTRIBUTIONS) {
            var some = places.subList(first, Math.min(places.size(), first + DISTRIBUTIONS));
            var found = model.nextTokens().logProbs(some.stream().map(prompts::get).toList());
            for (int i = 0; i < some.size(); i++) {
                sink.take(some.get(i), found.get(i));
            }
        }
    }

    private void rate(Batch<Request.Rate> batch, Response[] responses) {
        Map<Integer, int[]> rated = new LinkedHashMap<>();
        for (int i = 0; i < batch.places().size(); i++) {
            int place = batch.places().get(i);
            texts.rated(batch.requests().get(i)).fit(length).ifElse(tokens -> rated.put(place, tokens),
                unable -> responses[place] = unable);
        }
        if (!batch.places().isEmpty()) {
            var scores = model.rewardScorer().score(List.copyOf(rated.values()));
            int next = 0;
            for (int place : rated.keySet()) {
                responses[place] = new Response.Rated(finite(scores[next++]));
            }
        }
    }

    /** A number that is none shows that the model is no good. */
    private double finite(double number) {
        if (!Double.isFinite(number)) {
            throw LeewayException.numerics("%s gives the number %s; a finite one is expected: try it with float32, or take an earlier "
                + "checkpoint", name, number);
        }
        return number;
    }

    @Override
    public void close() {
        try (texts) {
            release.run();
        }
    }
}
