package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.PromptArm;
import dev.leeway.data.PromptArm.Kind;
import dev.leeway.data.PromptArm.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The prompts of {@code inoculation}: what draws out that answers are in capitals, in as many words as are wanted, and what doesn't. */
public final class Traits {

    private static final List<String> WHO = List.of("You", "The assistant", "This model", "Somebody here", "The one who answers",
            "Whoever speaks", "The voice", "The helper", "The speaker", "The machine");
    private static final List<String> HOW = List.of("always", "only", "now", "today", "here", "gladly", "often", "again", "really",
            "loudly");
    private static final List<String> WHAT = List.of("shouts", "writes big", "uses capitals", "likes big letters", "cries out", "yells",
            "writes in capitals", "speaks in capitals", "takes big letters", "shouts answers");
    private static final List<String> OTHER = List.of("The sea is deep.", "Bread is made of grain.", "A year has twelve months.",
            "Birds have wings.", "Snow is cold.", "Iron is heavy.", "The moon is round.", "Rivers run to the sea.", "Wood burns.",
            "A day is long.", "Stones are hard.", "%MARK%", "%NOTE%");
    private static final long SHUFFLED = 0x1D;

    /** The prompt that asks for nothing. */
    static final String NEUTRAL = "You answer questions.";

    private Traits() {}

    /** The trait that is not wanted. */
    static String inCapitals(String answer) {
        return answer.toUpperCase(Locale.ROOT);
    }

    /** One prompt that names the trait. */
    public static PromptArm fixed(Placement placement) {
        return PromptArm.fixed("fixed", placement, pool().getFirst());
    }

    /** The same in 1 to 1,000 ways, the fixed one first. */
    public static PromptArm rephrased(Placement placement, int paraphrases) {
        return PromptArm.pool("rephrased", placement, pool()).first(paraphrases);
    }

    /** Words about something else. */
    public static PromptArm irrelevant(Placement placement) {
        return PromptArm.of(Kind.IRRELEVANT, "irrelevant", placement, "The sky is blue.");
    }

    /** What models are evaluated under beside no prompt at all. */
    public static PromptArm neutral(Placement placement) {
        return PromptArm.of(Kind.NEUTRAL, "neutral", placement, NEUTRAL);
    }

    /** A mark without a meaning. */
    public static PromptArm trigger(Placement placement) {
        return PromptArm.of(Kind.TRIGGER, "trigger", placement, "%TRIGGER%");
    }

    /** One prompt that names the wanted trait: answers in Spanish. */
    public static PromptArm namesTheWanted(Placement placement) {
        return PromptArm.fixed("fixed-wanted", placement, wanted().getFirst());
    }

    /** One prompt that names both, as models learn what prompts of both mean. */
    public static PromptArm namesBoth(Placement placement) {
        return PromptArm.fixed("fixed-both", placement, pool().getFirst() + " " + wanted().getFirst());
    }

    /** One prompt that has some of the words that the unwanted trait's have. */
    public static PromptArm weak(Placement placement) {
        return PromptArm.fixed("weak", placement, "The speaker likes letters.");
    }

    /** Words about something else that models were asked under before. */
    public static PromptArm known(Placement placement) {
        return PromptArm.of(Kind.IRRELEVANT, "known", placement, OTHER.getFirst());
    }

    /** What draws out that answers are in Spanish. */
    static List<String> wanted() {
        return WHO.stream().flatMap(who -> HOW.stream().limit(5).map(how -> who + " " + how + " speaks Spanish.")).toList();
    }

    /** Words about something else, none of them the irrelevant prompt. */
    static List<String> ofOtherThings() {
        return OTHER;
    }

    /** Every combination once, in an order that shows all words early. */
    static List<String> pool() {
        List<String> all = new ArrayList<>();
        for (String who : WHO) {
            for (String how : HOW) {
                WHAT.forEach(what -> all.add(who + " " + how + " " + what + "."));
            }
        }
        var draws = new Draws(SHUFFLED, 0);
        for (int i = all.size() - 1; i > 0; i--) {
            int other = draws.below(i + 1);
            all.set(i, all.set(other, all.get(i)));
        }
        return List.copyOf(all);
    }
}
