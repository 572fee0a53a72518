# Verifies a webhook (Standard Webhooks 1.0.0): v1 with a secret, v1a with a public key.
require "openssl"

module Webhook
  TOLERANCE = 300 # seconds
  ED25519 = ["302a300506032b6570032100"].pack("H*") # how a DER public key of this kind begins

  # The message's id, or an ArgumentError. `headers` with lower-case names; `body` as it came, before it is parsed.
  # `keys` are your endpoint's whsec_… secret, the whpk_… public keys, or both. Keep the id for a while: a message that
  # comes again has the same one. To endpoint.verify answer 200 with {"challenge": data.challenge}.
  def self.verify(headers, body, keys, now = Time.now.to_i)
    id, timestamp = headers.fetch("webhook-id", ""), headers.fetch("webhook-timestamp", "")
    raise ArgumentError, "no timestamp" unless timestamp.match?(/\A[0-9]{1,12}\z/)
    raise ArgumentError, "too old, or from the future" if (now - timestamp.to_i).abs > TOLERANCE

    signed = "#{id}.#{timestamp}.".b + body.b
    headers.fetch("webhook-signature", "").split(" ").first(16).each do |entry|
      scheme, text = entry.split(",", 2)
      signature = (text || "").unpack1("m")
      return id if keys.any? { |key| by?(key, scheme, signature, signed) }
    end
    raise ArgumentError, "the signature is not right"
  end

  def self.by?(key, scheme, signature, signed)
    if scheme == "v1" && key.start_with?("whsec_")
      secret = key.delete_prefix("whsec_").unpack1("m")
      mine = OpenSSL::HMAC.digest("SHA256", secret, signed)
      !secret.empty? && mine.bytesize == signature.bytesize && OpenSSL.fixed_length_secure_compare(mine, signature)
    elsif scheme == "v1a" && key.start_with?("whpk_")
      der = ED25519 + key.delete_prefix("whpk_").unpack1("m")
      der.bytesize == 44 && OpenSSL::PKey.read(der).verify(nil, signature, signed)
    end
  rescue OpenSSL::PKey::PKeyError
    false
  end
end
