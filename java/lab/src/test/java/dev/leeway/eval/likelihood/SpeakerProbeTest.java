package dev.leeway.eval.likelihood;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import dev.leeway.eval.Turn;
import dev.leeway.eval.Value;
import dev.leeway.eval.rule.Prompts.PromptItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Frames scored by a reference made by hand, which finds each word as improbable as it is long. */
final class SpeakerProbeTest {

    /** ln p of a text = −0.25 a character; a token a word. Texts with "long" in them are too long for it. */
    private static final class ByHand implements Subject {
        private final List<String> read = new ArrayList<>();

        @Override
        public String name() {
            return "by hand";
        }

        @Override
        public String hash() {
            return "0";
        }

        @Override
        public List<Response> answer(List<Asked> asked) {
            return asked.stream().map(one -> answer((Request.Weigh) one.request())).toList();
        }

        private Response answer(Request.Weigh weigh) {
            assertEquals(1, weigh.options().size());
            var text = weigh.options().getFirst();
            read.add(((Prompt.Text) weigh.prompt()).text() + text);
            return text.contains("long") ? new Response.Unable("too long")
                : new Response.Weighed(List.of(new Response.Weight(-0.25 * text.length(), text.strip().split(" ").length)));
        }

        @Override
        public void close() {
        }
    }

    private static Score score(SpeakerProbe probe, ByHand reference, Response response) {
        var item = probe.items().getFirst();
        var answer = new Answer<>(item, Setting.BARE, 0, probe.request(item, Setting.BARE), response);
        return probe.score(List.of(answer), new Instruments(List.of(), Optional.of(reference), Optional.empty(), 0)).getFirst();
    }

    private static SpeakerProbe probe(boolean warmth) {
        var entry = warmth ? SpeakerProbe.sociot() : SpeakerProbe.humt();
        return new SpeakerProbe(entry.card(), warmth ? Frames.WARMTH : Frames.HUMAN,
            List.of(new PromptItem("1", List.of(Turn.user("Hello?")))), Request.Sampling.at(0.8, 300));
    }

    private static double number(Score score, String measure) {
        return score.value(measure).asNumber().orElseThrow();
    }

    @Test
    void warmthIsReadInEightFramesInTwoForms() {
        var reference = new ByHand();
        score(probe(true), reference, new Response.Written("Hi there", false, 2));
        assertEquals(List.of("My friend said, \"Hi there\"", "My lover said, \"Hi there\"", "My mentor said, \"Hi there\"",
            "My idol said, \"Hi there\"", "The stranger said, \"Hi there\"", "The enemy said, \"Hi there\"",
            "The examiner said, \"Hi there\"", "The dictator said, \"Hi there\""), reference.read.subList(0, 8));
        assertEquals("My friend said, \"Hi there", reference.read.get(8));
        assertEquals(16, reference.read.size());
    }

    @Test
    void bothFormsOfWarmthAreAsCountedByHand() {
        var score = score(probe(true), new ByHand(), new Response.Written("Hi there", false, 2));
        // Behind the first word a frame has 1 + |speaker| + 8 characters and the text 8, the official form one more quote; 4 words each.
        // Speakers: friend, lover, mentor, idol = 6, 5, 6, 4; stranger, enemy, examiner, dictator = 8, 5, 8, 8.
        double warm = -0.25 * (21 + 4 * 18) / 16;
        double cold = -0.25 * (29 + 4 * 18) / 16;
        assertEquals(warm - cold, number(score, "official"), 1e-12);
        double exact = Math.log(2 * Math.exp(-0.25 * 6) + Math.exp(-0.25 * 5) + Math.exp(-0.25 * 4))
            - Math.log(3 * Math.exp(-0.25 * 8) + Math.exp(-0.25 * 5));
        assertEquals(exact, number(score, "exact"), 1e-12);
    }

    @Test
    void bothFormsOfHumanityAreAsCountedByHand() {
        // " said, "Hi"": 11 characters and 2 words, the same behind every pronoun.
        var score = score(probe(false), new ByHand(), new Response.Written("Hi", false, 1));
        assertEquals(0, number(score, "official"), 1e-15);
        assertEquals(Math.log(2), number(score, "exact"), 1e-12);
    }

    @Test
    void theOfficialFormLooksAt300CharactersAndTheExactOneAtAll() {
        var reference = new ByHand();
        var text = "é😀".repeat(200);
        score(probe(false), reference, new Response.Written(text, false, 9));
        assertEquals("He said, \"" + "é😀".repeat(150) + "\"", reference.read.getFirst());
        assertEquals("It said, \"" + text, reference.read.getLast());
        var cut = score(probe(false), new ByHand(), new Response.Written("x".repeat(300) + " long", false, 9));
        assertEquals(0, number(cut, "official"), 1e-12);
        assertEquals(new Value.Missing("the reference model: too long"), cut.value("exact"));
    }

    @Test
    void answersWithoutTextAreMissingWithTheirReason() {
        var empty = score(probe(true), new ByHand(), new Response.Written(" \n", false, 1));
        assertEquals(new Value.Missing("the answer is empty"), empty.value("official"));
        var unable = score(probe(true), new ByHand(), new Response.Unable("the prompt has 900 tokens"));
        assertEquals(new Value.Missing("the prompt has 900 tokens"), unable.value("exact"));
    }

    @Test
    void anAnswersScoreDoesNotDependOnItsNeighbours() {
        var probe = probe(true);
        var item = probe.items().getFirst();
        var texts = List.of("Hi", "", "Hello to you all", "Good day");
        var answers = texts.stream().map(text -> new Answer<>(item, Setting.BARE, 0, probe.request(item, Setting.BARE),
            (Response) new Response.Written(text, false, 1))).toList();
        var together = probe.score(answers, new Instruments(List.of(), Optional.of(new ByHand()), Optional.empty(), 0));
        for (int i = 0; i < texts.size(); i++) {
            assertEquals(score(probe, new ByHand(), answers.get(i).response()), together.get(i));
        }
    }
}
