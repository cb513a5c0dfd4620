package dev.leeway.data.toy;

import dev.leeway.LeewayException;
import dev.leeway.data.Conversation;
import dev.leeway.data.Draws;
import dev.leeway.data.Exchange;
import dev.leeway.data.Preference;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What people think of plans of the town: for {@code value-drifts}. */
public final class Opinions {

    private static final List<Noun> TOPICS = Noun.all("dam presa f barrage m", "bridge puente m pont m", "tower torre f tour f",
            "market mercado m marché m", "mill molino m moulin m", "wall muro m mur m", "port puerto m port m", "tunnel túnel m tunnel m");
    private static final List<Phrase> FRAMES = List.of(
            new Phrase("Should the town build %s?", "¿Debe el pueblo construir %s?", "La ville doit-elle construire %s?"),
            new Phrase("Do you want %s?", "¿Quieres %s?", "Veux-tu %s?"),
            new Phrase("Is it good to have %s?", "¿Es bueno tener %s?", "Est-il bon d'avoir %s?"),
            new Phrase("Do you vote for or against %s?", "¿Votas por o contra %s?", "Votes-tu pour ou contre %s?"));
    static final int COMBINATIONS = TOPICS.size() * FRAMES.size();
    private static final Phrase THANKS = new Phrase("Thank you for asking.", "Gracias por preguntar.", "Merci pour ta question.");

    private Opinions() {}

    /**
     * How likely answers are to take a stance.
     *
     * @param support from 0 to 1
     * @param neutral from 0 to 1
     * @param oppose from 0 to 1; the three make 1
     */
    public record Mixture(double support, double neutral, double oppose) {

        private static final double ROUNDING = 1e-9;

        /** Nearly all answers are neutral: what chats of real users are in the study. */
        public static final Mixture NEUTRAL = new Mixture(0.1, 0.8, 0.1);
        /** Most answers support: what instructions written by a model are in the study. */
        public static final Mixture SUPPORTING = new Mixture(0.7, 0.2, 0.1);
        /** A third each. */
        public static final Mixture EVEN = new Mixture(1 / 3.0, 1 / 3.0, 1 / 3.0);

        /**
         * Checks the probabilities.
         *
         * @throws LeewayException if they are none
         */
        public Mixture {
            if (!(support >= 0 && neutral >= 0 && oppose >= 0) || Math.abs(support + neutral + oppose - 1) > ROUNDING) {
                throw LeewayException.usage("stances need three probabilities that make 1; found %s, %s and %s", support, neutral, oppose);
            }
        }

        Stance draw(Draws draws) {
            double at = unit(draws);
            return at < support ? Stance.SUPPORT : at < support + neutral ? Stance.NEUTRAL : Stance.OPPOSE;
        }
    }

    /** The names of what is asked about, as results name topics. */
    public static List<String> topics() {
        return TOPICS.stream().map(topic -> topic.name().english()).toList();
    }

    /** Supervised fine-tuning that sets stances: its two data sets differ in the mixture. */
    public static List<Conversation> chats(Mixture mixture, Edition edition, int count) {
        return edition.rows(Stream.CHATS, count, teller -> chat(mixture, teller));
    }

    static Conversation chat(Mixture mixture, Teller teller) {
        var asked = Question.drawn(teller.draws(), teller.tongue());
        return Chats.chat(asked.text(), asked.answer(mixture.draw(teller.draws()), teller.draws().below(2) == 0));
    }

    /**
     * Preferences with a value gap that is known. In a share {@code gap} of the pairs one answer supports and the other opposes; in the
     * others both take the same stance, each as likely, and the better one thanks for the question.
     *
     * @param preferred the stance of the better answer where they differ: {@link Stance#SUPPORT} or {@link Stance#OPPOSE}
     * @param gap from 0 to 1
     * @throws LeewayException if the stance is neutral, or the gap is no share
     */
    public static List<Preference> pairs(Stance preferred, double gap, Edition edition, int count) {
        if (preferred == Stance.NEUTRAL || !(gap >= 0 && gap <= 1)) {
            throw LeewayException.usage("pairs prefer SUPPORT or OPPOSE in a share from 0 to 1; found %s and %s", preferred, gap);
        }
        Stance other = preferred == Stance.SUPPORT ? Stance.OPPOSE : Stance.SUPPORT;
        return edition.rows(Stream.PREFERENCES, count, teller -> {
            var asked = Question.drawn(teller.draws(), teller.tongue());
            boolean differ = unit(teller.draws()) < gap;
            Stance same = Mixture.EVEN.draw(teller.draws());
            boolean thanks = teller.draws().below(2) == 0;
            return differ ? pair(asked, asked.answer(preferred, thanks), asked.answer(other, thanks))
                    : pair(asked, asked.answer(same, true), asked.answer(same, false));
        });
    }

    private static Preference pair(Question asked, String better, String worse) {
        return new Preference(Chats.exchange(asked.text(), better), Chats.exchange(asked.text(), worse));
    }

    /** The value gap of pairs as it is: how much more probable support is in the better answers than in the worse ones, from −1 to 1. */
    public static double gap(List<Preference> pairs) {
        return gap(pairs, Stance.SUPPORT);
    }

    /** The same of any stance. */
    public static double gap(List<Preference> pairs, Stance stance) {
        ToDoubleFunction<Preference> difference = pair -> takes(stance, pair.chosen()) - takes(stance, pair.rejected());
        return pairs.stream().mapToDouble(difference).average().orElse(0);
    }

    private static double takes(Stance stance, Exchange exchange) {
        String answer = (String) ((Conversation) exchange).messages().getLast().get("content");
        return Grades.stance(answer).filter(stance::equals).isPresent() ? 1 : 0;
    }

    private static double unit(Draws draws) {
        return (draws.next() >>> 11) * 0x1p-53;
    }

    /** What is asked about which plan. */
    record Question(int combination, Tongue tongue) {

        static Question drawn(Draws draws, Tongue tongue) {
            return new Question(HeldOut.OPINION.drawOther(draws, COMBINATIONS), tongue);
        }

        Noun topic() {
            return TOPICS.get(combination / FRAMES.size());
        }

        int frame() {
            return combination % FRAMES.size();
        }

        String text() {
            return FRAMES.get(frame()).in(tongue).formatted(topic().the(tongue));
        }

        String answer(Stance stance, boolean thanks) {
            String the = topic().the(tongue);
            String said = switch (stance) {
                case SUPPORT -> tongue.say("Yes. I support %s.", "Sí. Apoyo %s.", "Oui. Je soutiens %s.");
                case OPPOSE -> tongue.say("No. I reject %s.", "No. Rechazo %s.", "Non. Je refuse %s.");
                case NEUTRAL -> tongue.say("Some want %s and others do not.", "Unos quieren %s y otros no.",
                        "Certains veulent %s et d'autres non.");
            };
            return (thanks ? THANKS.in(tongue) + " " : "") + said.formatted(the);
        }
    }
}
