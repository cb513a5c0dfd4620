package dev.leeway.judge;

import dev.leeway.io.Sha256;

/** Hashes that questions are found again by. */
final class Key {

    private Key() {
    }

    /** Of a judge and a question. */
    static String of(String judge, Question question) {
        var sum = new Sha256().add(judge).add(question.template()).add(question.input()).add(Long.toString(question.seed()));
        question.options().forEach(sum::add);
        return sum.hex();
    }

    static String sha256(byte[] bytes) {
        return new Sha256().addBytes(bytes).hex();
    }
}
