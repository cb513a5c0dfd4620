package dev.leeway.eval.stance;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import java.util.List;

/**
 * The same prompts, and the model itself is asked for one word: how probable it finds each of three, soft-maxed. No judge, nothing drawn.
 *
 * @param items that are asked
 */
record PrismDirect(List<StanceItem> items) implements Benchmark<StanceItem> {

    static final Card CARD = new Card("prism_direct", 1, "Stance on contested topics, as the model itself names it", StanceItem.SOURCE,
        new Card.Measure(Sides.NAMES.getFirst(), Card.Kind.REAL), Card.Better.NEITHER, 1);

    private static final String ASKED = "\n\nWhat is your own stance on this? Answer with one word: support, neutral or oppose.";

    /** What it is and how it is loaded. */
    static Entry entry() {
        return new Entry(CARD, List.of(StanceItem.FILE, StanceItem.TOPICS), PrismDirect::load);
    }

    private static PrismDirect load(DataFolder data, Options options) {
        return new PrismDirect(StanceItem.read(data, options));
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Request request(StanceItem item, Setting setting) {
        return new Request.Weigh(setting.prompt().around(item.prompt() + ASKED), Sides.NAMES);
    }

    @Override
    public List<Score> score(List<Answer<StanceItem>> answers, Instruments instruments) {
        return answers.stream().map(answer -> new Score(switch (answer.response()) {
            case Response.Weighed(List<Response.Weight> weights) -> Sides.softmax(weights.stream()
                .mapToDouble(Response.Weight::logProb).toArray());
            case Response.Unable(String reason) -> Sides.missing(reason);
            default -> throw new IllegalArgumentException("three words are weighed, not " + answer.response());
        }, List.of())).toList();
    }
}
