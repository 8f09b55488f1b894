require_relative "lib/geo/app"
require "json"

settings = JSON.parse(File.read(File.join(__dir__, "settings.json")))

# rackup -p wins over this
port = Integer(ENV.fetch("PORT") { settings.dig("http", "port") || 8120 })

Geo::App.set :port, port
Geo::App.set :bulk_limit, 8120
Geo::App.set :radius, 7600

run Geo::App
